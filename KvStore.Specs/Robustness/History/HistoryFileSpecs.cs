using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.History;

public sealed class HistoryFileSpecs
{
    [Fact]
    public void A_history_that_was_saved_is_read_as_it_was()
    {
        var history = new RunHistory { Traffic = new TrafficSpan(5, 60_000_000) };
        history.Add(new Operation
        {
            Client = 3,
            Asked = "node-1",
            Kind = OperationKind.Patch,
            Key = "cold/🜁 \"x\"",
            Sent = """{"p":"1"}""",
            IfVersion = 0,
            IfMatch = 7,
            IfNoneMatch = Operation.AnyVersion,
            Start = 1,
            End = 2,
            Outcome = Outcome.GuardFailed,
            Status = 409,
            Version = long.MaxValue,
            Value = "null",
            Owner = "node-2",
            FailedNode = "node-0",
            Note = "two\nlines",
        });
        history.Add(new Operation
        {
            Client = 0,
            Asked = "node-0",
            Kind = OperationKind.List,
            Key = "",
            Start = 1,
            End = 2,
            Outcome = Outcome.Done,
            Lines = [new("a", null, null, null), new("b", "node-0", """{"w":"é"}""", 4)],
        });
        history.Note("node-0: SIGKILL");
        using var directory = new TempDirectory();

        HistoryFile.Save(history, directory.File("history.jsonl"));
        var loaded = HistoryFile.Load(directory.File("history.jsonl"));

        Assert.Equal(4, File.ReadLines(directory.File("history.jsonl")).Count());
        Assert.Equal(history.Events, loaded.Events);
        Assert.Equal(history.Traffic, loaded.Traffic);
        Assert.Equal(history.Operations.Select(WithoutLines), loaded.Operations.Select(WithoutLines));
        Assert.Equal(history.Operations.SelectMany(operation => operation.Lines), loaded.Operations.SelectMany(operation => operation.Lines));
    }

    // Arrays in records are compared by reference.
    private static Operation WithoutLines(Operation operation) => operation with { Lines = [] };
}
