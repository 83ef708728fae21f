using KvStore.Bench.Peers;
using KvStore.Bench.Runs;

namespace KvStore.Bench.Goals;

/// <param name="Reached">Null where there is no figure: the peer could not be had, or its figures do not count.</param>
internal sealed record GoalResult(string What, bool IsFloor, double Limit, Spread? Value, bool? Reached)
{
    /// <param name="build">The build that is looked at.</param>
    public static GoalResult Of(Goal goal, IReadOnlyList<ScenarioResult> results, NodeBuild build)
    {
        var value = ValueOf(goal, results.FirstOrDefault(result => result.Name == goal.Scenario), build);
        return new(goal.What, goal.IsFloor, goal.Limit, value, value is { } spread ? goal.IsReached(spread.Median) : null);
    }

    private static Spread? ValueOf(Goal goal, ScenarioResult? scenario, NodeBuild build)
    {
        if (scenario?.Find(NameOf(goal.Peer, goal.Work)) is not { Fault: null } contestant)
        {
            return null;
        }

        return goal.Over is not { } over ? contestant.SpreadOf(goal.Figure)
            : scenario.Find(NameOf(over, goal.OverWork)) is { Fault: null } other ? contestant.RatioTo(other, goal.Figure)
            : null;

        string NameOf(PeerKind peer, string work) => Contestant.NameOf(new PeerPlan(peer, peer.IsKvStore() ? build : null, 0, 0), work);
    }
}
