using System.Collections.Concurrent;
using System.Collections.Immutable;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Traffic;

/// <summary>
/// What there is at the end of a run: each key that was ever asked about, and a complete listing. They are operations of the
/// history like all others, but that they are asked until there is an answer.
/// </summary>
internal static class FinalReads
{
    private const int Readers = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(11);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Returns the keys that no node answered for within <paramref name="within"/>; <c>GET /kv</c> for the listing.</summary>
    public static async Task<ImmutableArray<string>> ReadAsync(
        IReadOnlyList<(string Name, Uri Address)> nodes, RunHistory history, TimeSpan within)
    {
        using var client = new TrafficClient(-1, Patience);
        using var over = new CancellationTokenSource(within);
        var keys = history.Operations.Where(operation => operation.Kind != OperationKind.List).Select(operation => operation.Key).Distinct();
        var unanswered = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(
            keys.ToArray().Index(),
            new ParallelOptions { MaxDegreeOfParallelism = Readers },
            async (key, _) =>
            {
                if (!await IsAnsweredAsync(OperationKind.Get, key.Item, key.Index))
                {
                    unanswered.Add(key.Item);
                }
            });
        if (!await IsAnsweredAsync(OperationKind.List, "", 0))
        {
            unanswered.Add("GET /kv");
        }

        return [.. unanswered.Order(StringComparer.Ordinal)];

        async Task<bool> IsAnsweredAsync(OperationKind kind, string key, int firstNode)
        {
            for (var turn = firstNode; !over.IsCancellationRequested; turn++)
            {
                var (name, address) = nodes[turn % nodes.Count];
                var draft = new Operation
                {
                    Client = client.Number,
                    Asked = name,
                    Kind = kind,
                    Key = key,
                    Start = 0,
                    End = 0,
                    Outcome = Outcome.NotApplied,
                };
                var read = await client.AskAsync(draft, address, history);
                history.Add(read);
                if (read.Outcome is Outcome.Done or Outcome.Absent or Outcome.Forbidden)
                {
                    return true;
                }

                await Task.Delay(Pause);
            }

            return false;
        }
    }
}
