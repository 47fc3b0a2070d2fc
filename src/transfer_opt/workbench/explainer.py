"""Proves and explains one draft at a time beside the page; a new one stops the one before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.time_limit import Deadline, TimeIsUpError, watched

Work = Callable[[Callable[[str], None], Deadline], Outcome]


@dataclass
class Job:
    """One draft: how far it has come, what came of it."""

    said: str = "核对"
    outcome: Outcome | None = None
    error: Exception | None = None
    done: threading.Event = field(default_factory=threading.Event)
    deadline: Deadline | None = None
    is_wanted: bool = True

    def tell(self, what: str) -> None:
        """What is being done."""
        self.said = what


class Explainer:
    """The one thread that works for a session."""

    def __init__(self, is_free: threading.Event) -> None:
        """Nothing is begun before `is_free` is set: what is waited for on the page is written first."""
        self._is_free = is_free
        self._job: Job | None = None

    def start(self, work: Work) -> Job:
        """Stop what is being worked on, and begin this."""
        self.stop()
        job = self._job = Job()
        threading.Thread(target=self._run, args=(job, work), daemon=True).start()
        return job

    def stop(self) -> None:
        """Stop what is being worked on; nobody wants it any more."""
        if self._job:
            self._job.is_wanted = False  # should it not have begun yet
        if self._job and self._job.deadline:
            self._job.deadline.stop()
        self._job = None

    def _run(self, job: Job, work: Work) -> None:
        self._is_free.wait()
        try:
            job.deadline = Deadline()
            if job.is_wanted:
                job.outcome = watched(job.deadline, lambda deadline: work(job.tell, deadline))
        except TimeIsUpError:
            pass
        except (
            Exception
        ) as error:  # told on the page: a refusal in its words, an error of the program as one
            job.error = error
        finally:
            job.done.set()
