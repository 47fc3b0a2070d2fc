"""The model file (TOML) → ModelSpec, and everything that is wrong with it, told in one run."""

from transfer_opt.modelfile.loading import SETTINGS_ONLY, load_model, shipped
from transfer_opt.wording import did_you_mean

__all__ = ["SETTINGS_ONLY", "did_you_mean", "load_model", "shipped"]
