"""When each job runs next, who runs it now, and how its runs went."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, UtcDateTime


class JobState(Base):
    """One registered job; a process that runs it holds the lease."""

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    next_run_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leased_by: Mapped[str | None] = mapped_column(String(40))
    failures: Mapped[int] = mapped_column(default=0)  # in a row


class JobRun(Base):
    """One run of a job; unfinished while it runs, and for ever where its process died."""

    __tablename__ = "job_run"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job: Mapped[str] = mapped_column(ForeignKey("job.name"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    succeeded: Mapped[bool | None]
    note: Mapped[str] = mapped_column(Text, default="")  # what it did, or why it failed

    __table_args__ = (Index("ix_job_run_job_started_at", "job", "started_at"),)
