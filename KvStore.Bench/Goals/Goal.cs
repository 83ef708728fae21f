using KvStore.Bench.Peers;

namespace KvStore.Bench.Goals;

/// <summary>One line of what is to be reached, and how to see whether it is.</summary>
/// <param name="IsFloor">At least <paramref name="Limit"/>; else at most.</param>
/// <param name="Figure">Of <see cref="Peer"/> in the scenario.</param>
/// <param name="Work">What the contestant does, where its scenario knows more than one thing.</param>
/// <param name="Over">The peer whose figure it is divided by; null: none.</param>
internal sealed record Goal(
    string What, bool IsFloor, double Limit, string Scenario, string Figure, PeerKind Peer, string Work = "", PeerKind? Over = null, string OverWork = "")
{
    public IEnumerable<PeerKind> Peers => Over is { } over ? [Peer, over] : [Peer];

    public bool IsReached(double median) => IsFloor ? median >= Limit : median <= Limit;
}
