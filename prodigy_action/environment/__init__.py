"""Ports and environments: the interfaces through which effects reach the outside world."""

from prodigy_action.environment.environments import MapEnv, PhaseEnv, RunEnv, StepPorts, StepSettings
from prodigy_action.environment.git_ports import (
    GitState,
    MapRepository,
    ParentBranch,
    RunRepository,
    WorktreeFiles,
    Worktrees,
)
from prodigy_action.environment.map_ports import Activity, AdmissionGate, AgentLimits, AgentScope, Failures, MergeQueue
from prodigy_action.environment.run_ports import (
    Clock,
    CommandRunner,
    EventLog,
    ItemReader,
    Journal,
    LogSink,
    ResultFiles,
    RunLog,
    Scratch,
    ShellParser,
)

__all__ = [
    "Activity",
    "AdmissionGate",
    "AgentLimits",
    "AgentScope",
    "Clock",
    "CommandRunner",
    "EventLog",
    "Failures",
    "GitState",
    "ItemReader",
    "Journal",
    "LogSink",
    "MapEnv",
    "MapRepository",
    "MergeQueue",
    "ParentBranch",
    "PhaseEnv",
    "ResultFiles",
    "RunEnv",
    "RunLog",
    "RunRepository",
    "Scratch",
    "ShellParser",
    "StepPorts",
    "StepSettings",
    "WorktreeFiles",
    "Worktrees",
]
