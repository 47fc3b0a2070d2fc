"""The model file (TOML) → ModelSpec, and everything that is wrong with it, told in one run."""

from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.policy.model_file.loading import SETTINGS_ONLY, load_model, shipped

__all__ = ["SETTINGS_ONLY", "did_you_mean", "load_model", "shipped"]
