using KvStore.Specs.Robustness.Faults;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Runs;

/// <summary>
/// Faults one after the other, with calm between them, until the time is over: a deck of all that can happen on the stage,
/// shuffled by the seed and dealt again when it is used up, so that the runs of many seeds see each fault about as often.
/// </summary>
/// <param name="faults">At least one that can happen on the stage.</param>
/// <param name="shortest">The least that a fault lasts; <paramref name="longest"/> the most.</param>
internal sealed class FaultSchedule(IReadOnlyList<IFault> faults, int seed, TimeSpan shortest, TimeSpan longest)
{
    private static readonly TimeSpan LongestCalm = TimeSpan.FromSeconds(3);

    /// <summary>An episode that is not over by this time beyond its length cannot mend what it did.</summary>
    private static readonly TimeSpan MendingPatience = TimeSpan.FromSeconds(90);

    /// <returns>How often each fault happened.</returns>
    /// <exception cref="TimeoutException">An episode does not end.</exception>
    public async Task<IReadOnlyDictionary<string, int>> RunAsync(Stage stage, RunHistory history, TimeSpan duration, CancellationToken cancel)
    {
        var random = new Random(seed);
        var possible = faults.Where(fault => fault.CanHappenOn(stage)).ToArray();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var end = history.Now + (long)duration.TotalMicroseconds;
        var deck = new Queue<IFault>();
        while (history.Now < end)
        {
            if (deck.Count == 0)
            {
                random.Shuffle(possible);
                deck = new Queue<IFault>(possible);
            }

            var fault = deck.Dequeue();
            var lasting = shortest + ((longest - shortest) * random.NextDouble());
            await fault.HappenAsync(stage, history, new Random(random.Next()), lasting, cancel).WaitAsync(lasting + MendingPatience, cancel);
            counts[fault.Name] = counts.GetValueOrDefault(fault.Name) + 1;
            await Task.Delay(LongestCalm * random.NextDouble(), cancel);
        }

        return counts;
    }
}
