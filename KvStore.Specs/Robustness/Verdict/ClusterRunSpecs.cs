using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Traffic;
using KvStore.Specs.Support;
using Xunit.Abstractions;

namespace KvStore.Specs.Robustness.Verdict;

/// <summary>The clients and the verdict on a true cluster: what they find right there, and that they would find it wrong.</summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class ClusterRunSpecs(ITestOutputHelper output)
{
    [Fact]
    public async Task A_cluster_passes_also_when_a_node_is_killed_and_comes_back_and_a_falsified_history_of_it_does_not()
    {
        await using var cluster = await ClusterOfProcesses.StartAsync(3, StorageUnderTest.Sqlite(), within: TimeSpan.FromMinutes(3));
        var nodes = cluster.Nodes.Select(node => (node.Name, node.Settings.Address)).ToArray();
        var history = new RunHistory();

        await using (var traffic = ClientTraffic.Start(new TrafficPlan { Seed = 11, Rate = 350, ColdKeys = 600 }, nodes, history))
        {
            await AnsweredAsync(history, 1_500);
            await cluster[2].KillAsync();
            history.Note("node-2: SIGKILL");
            await AnsweredAsync(history, 3_500);
            cluster[2].Restart();
            await cluster[2].BecomesReadyAsync(TimeSpan.FromMinutes(3));
            history.Note("node-2: ready");
            await AnsweredAsync(history, history.Operations.Count + 1_000);
            await traffic.StopAsync();
            output.WriteLine($"sent {traffic.Sent}, missed {traffic.Missed}");
        }

        var unanswered = await FinalReads.ReadAsync(nodes, history, TimeSpan.FromMinutes(2));
        var verdict = RunVerdict.Judge(history, [.. cluster.Names]);
        output.WriteLine(verdict.ToString());

        Assert.Empty(unanswered);
        Assert.True(verdict.Result == RunResult.Pass, $"{verdict}\n{cluster.Logs()}");
        using var directory = new TempDirectory();
        HistoryFile.Save(history, directory.File("history.jsonl"));
        foreach (var lie in Enum.GetValues<Lie>())
        {
            var falsified = Falsify(HistoryFile.Load(directory.File("history.jsonl")), lie);
            var judged = RunVerdict.Judge(falsified, [.. cluster.Names]);
            output.WriteLine($"{lie}: {judged.Findings.FirstOrDefault()?.Text}");
            Assert.True(judged.Result == RunResult.Violation, $"{lie}: {judged}");
        }
    }

    private enum Lie
    {
        AnAcknowledgedWriteIsLeftOut,
        TwoWritesSwapTheirVersions,
        AReadIsOlder,
        AWriteWasRefused,
        AKeyIsNotListed,
        AListedValueIsOld,
    }

    private static Task AnsweredAsync(RunHistory history, int count) => Eventually.HoldsAsync(
        $"{count} operations have ended", TimeSpan.FromSeconds(120), () => history.Operations.Count >= count);

    private static RunHistory Falsify(RunHistory history, Lie lie)
    {
        var operations = history.Operations.ToList();

        // Two writes of one hot key, of which the second began when the first had ended, both with an answer.
        var writes = operations.Where(operation => operation is { Key: "hot/0", Kind: OperationKind.Put, Outcome: Outcome.Done })
            .OrderBy(operation => operation.Version).ToArray();
        var first = writes[writes.Length / 2];
        var second = writes.First(write => write.Start > first.End);

        // What nobody read might have been written by another one, of those that have no answer.
        var seen = operations.First(write => write is { Kind: OperationKind.Put, Outcome: Outcome.Done }
            && operations.Any(other => other.Kind == OperationKind.Get && other.Value == write.Sent));
        var read = operations.Last(operation => operation is { Kind: OperationKind.Get, Outcome: Outcome.Done, Version: > 1, IfNoneMatch: null });
        var listing = operations.Last(operation => operation is { Kind: OperationKind.List, Outcome: Outcome.Done, Lines.Length: > 100 });
        switch (lie)
        {
            case Lie.AnAcknowledgedWriteIsLeftOut:
                operations.Remove(seen);
                break;
            case Lie.TwoWritesSwapTheirVersions:
                Replace(first, first with { Version = second.Version });
                Replace(second, second with { Version = first.Version });
                break;
            case Lie.AReadIsOlder:
                Replace(read, read with { Version = read.Version - 1 });
                break;
            case Lie.AWriteWasRefused:
                Replace(seen, seen with { Outcome = Outcome.NotApplied, Version = null, Value = null });
                break;
            case Lie.AKeyIsNotListed:
                var final = operations.Last(operation => operation is { Client: -1, Kind: OperationKind.Get, Outcome: Outcome.Done, Key: var key }
                    && !operations.Any(other => other.Key == key && other is { Kind: OperationKind.Delete }));
                Replace(listing, listing with { Lines = listing.Lines.RemoveAll(line => line.Key == final.Key) });
                break;
            case Lie.AListedValueIsOld:
                var old = listing.Lines.First(line => line.Version > 3);
                Replace(listing, listing with { Lines = listing.Lines.Replace(old, old with { Version = old.Version - 2 }) });
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(lie));
        }

        var falsified = new RunHistory { Traffic = history.Traffic };
        operations.ForEach(falsified.Add);
        return falsified;

        void Replace(Operation former, Operation other) => operations[operations.IndexOf(former)] = other;
    }
}
