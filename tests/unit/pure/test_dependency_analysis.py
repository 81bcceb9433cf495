from prodigy_action.model.plan import Command
from prodigy_action.pure.dependency_analysis import analyze_dependencies


def test_analyze_dependencies_detects_independence() -> None:
    commands = [Command.shell("echo $A"), Command.shell("B=1"), Command.shell("C=2")]
    graph = analyze_dependencies(commands)
    batches = graph.parallel_batches()
    assert len(batches) == 2
    assert batches[0] == [0]
    assert len(batches[1]) == 2
    assert 1 in batches[1]
    assert 2 in batches[1]
