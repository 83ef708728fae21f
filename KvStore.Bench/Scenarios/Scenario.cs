using System.Collections.Immutable;
using KvStore.Bench.Peers;
using KvStore.Bench.Runs;

namespace KvStore.Bench.Scenarios;

/// <summary>A named question, and who answers it.</summary>
/// <param name="What">For the list, one line.</param>
/// <param name="Peers">Who takes part where nobody is chosen.</param>
/// <param name="Contestants">In the order of their turns; the first one is what the others are compared with.</param>
internal sealed record Scenario(
    string Name, string What, ImmutableArray<PeerKind> Peers, Func<ScenarioSetting, IEnumerable<Contestant>> Contestants)
{
    public ImmutableArray<Contestant> ContestantsOf(BenchOptions options) => [.. Contestants(new ScenarioSetting(this, options))];
}
