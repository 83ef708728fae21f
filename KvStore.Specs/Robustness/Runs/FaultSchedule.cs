using KvStore.Specs.Robustness.Faults;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Runs;

/// <summary>
/// Faults with calm between them until the time is over, in one lane, or in several whose faults overlap as chance will have it.
/// All lanes deal from one <see cref="FaultDeck"/>.
/// </summary>
/// <param name="faults">At least one that can happen on the stage.</param>
/// <param name="lanes">How many faults there are at the same time, at most; fewer where there are not as many kinds.</param>
/// <param name="shortest">The least that a fault lasts; <paramref name="longest"/> the most.</param>
internal sealed class FaultSchedule(IReadOnlyList<IFault> faults, int lanes, int seed, TimeSpan shortest, TimeSpan longest)
{
    private static readonly TimeSpan LongestCalm = TimeSpan.FromSeconds(3);

    /// <summary>
    /// An episode that is not over by this time beyond its length cannot mend what it did. A restart of all nodes in turn among
    /// other faults takes longest.
    /// </summary>
    private static readonly TimeSpan MendingPatience = TimeSpan.FromMinutes(5);

    /// <returns>How often each fault happened.</returns>
    /// <exception cref="TimeoutException">An episode does not end.</exception>
    public async Task<IReadOnlyDictionary<string, int>> RunAsync(Stage stage, RunHistory history, TimeSpan duration, CancellationToken cancel)
    {
        var random = new Random(seed);
        IFault[] possible = [.. faults.Where(fault => fault.CanHappenOn(stage))];
        var deck = new FaultDeck(possible, random.Next());
        var end = history.Now + (long)duration.TotalMicroseconds;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var chances = Enumerable.Range(0, Math.Min(lanes, possible.Length)).Select(_ => new Random(random.Next())).ToArray();
        var running = chances.Select(RunLaneAsync).ToList();
        foreach (var lane in running)
        {
            // One that fails ends the others, each of which mends what it did.
            _ = lane.ContinueWith(_ => stop.Cancel(), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        await Task.WhenAll(running);
        return deck.Dealt;

        async Task RunLaneAsync(Random chance)
        {
            while (history.Now < end)
            {
                var fault = deck.Deal();
                var lasting = shortest + ((longest - shortest) * chance.NextDouble());
                try
                {
                    await fault.HappenAsync(stage, history, new Random(chance.Next()), lasting, stop.Token).WaitAsync(lasting + MendingPatience, cancel);
                }
                finally
                {
                    deck.PutBack(fault);
                }

                await Task.Delay(LongestCalm * chance.NextDouble(), stop.Token);
            }
        }
    }
}
