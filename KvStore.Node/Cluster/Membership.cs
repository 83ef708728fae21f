using System.Collections.Immutable;
using Akka.Cluster;
using KvStore.Messages.Protocol;

namespace KvStore.Node.Cluster;

/// <summary>
/// The membership as the events tell it. Akka's own <c>Cluster.State</c> is fed by the same events and may lag behind the one
/// that is being handled, so it cannot be asked from here.
/// </summary>
/// <param name="Losses">See <see cref="ClusterView.Losses"/>.</param>
public sealed record Membership(
    ImmutableDictionary<UniqueAddress, Member> Members, ImmutableHashSet<UniqueAddress> Unreachable, ImmutableDictionary<string, int> Losses)
{
    public static readonly Membership Empty = new(ImmutableDictionary<UniqueAddress, Member>.Empty, [], ImmutableDictionary<string, int>.Empty);

    /// <summary>More addresses than any cluster has; where they are made up anew at each start, the count begins again.</summary>
    private const int MaxLosses = 1_000;

    public Membership After(ClusterEvent.IClusterDomainEvent happened) => happened switch
    {
        ClusterEvent.MemberRemoved removed => new(
            Members.Remove(removed.Member.UniqueAddress),
            Unreachable.Remove(removed.Member.UniqueAddress),
            removed.PreviousStatus == MemberStatus.Down ? LossesWith(removed.Member.Address.ToString()) : Losses),
        // Members of one address are equal whatever their status, and setting an item to an equal one would change nothing.
        ClusterEvent.IMemberEvent changed => this with
        {
            Members = Members.Remove(changed.Member.UniqueAddress).Add(changed.Member.UniqueAddress, changed.Member),
        },
        ClusterEvent.UnreachableMember lost => this with { Unreachable = Unreachable.Add(lost.Member.UniqueAddress) },
        ClusterEvent.ReachableMember back => this with { Unreachable = Unreachable.Remove(back.Member.UniqueAddress) },
        _ => this,
    };

    public ImmutableArray<MemberView> Views() =>
    [
        .. Members.Values.OrderBy(member => member, Member.AgeOrdering).Select(member => new MemberView(
            null, member.Address.ToString(), null, member.Status.ToString(), [.. member.Roles.Order(StringComparer.Ordinal)],
            !Unreachable.Contains(member.UniqueAddress))),
    ];

    /// <summary>The losses with one more.</summary>
    private ImmutableDictionary<string, int> LossesWith(string lost) =>
        (Losses.Count < MaxLosses ? Losses : Losses.Clear()).SetItem(lost, Losses.GetValueOrDefault(lost) + 1);
}
