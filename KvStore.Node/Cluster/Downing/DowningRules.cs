using System.Collections.Immutable;

namespace KvStore.Node.Cluster.Downing;

/// <summary>A member as the rules see it.</summary>
/// <param name="Address">Its cluster address, with scheme and system.</param>
/// <param name="Age">Rises with youth: 0 is the oldest member.</param>
public sealed record Peer(string Address, int Age, Testimony Testimony);

/// <summary>A member that gets no heartbeats of another one any more.</summary>
/// <param name="By">Who noticed.</param>
/// <param name="Lost">Who is silent.</param>
public readonly record struct LostLink(string By, string Lost);

/// <summary>
/// Who must leave the cluster when members have lost one another. Pure, so that every node that sees the same comes to the
/// same end without a word with the others.
/// <list type="number">
/// <item><b>The dead.</b> A member that somebody has lost, and that has not renewed for 1.1 of its TTL, serves nothing, whatever
/// it is doing. It goes at once. So does one that nobody has lost but that has not renewed for three TTLs: it is cut off from
/// the store, and keys that are placed on it would wait for it.</item>
/// <item><b>The cut off.</b> Members that have lost one another while all of them renew. The store is no help in who is right,
/// but all of them read it, so all are there to decide: the member with the most lost links goes, of equals the youngest,
/// until those that are left have no lost link among them. Of a clean cut the larger side stays, of equal sides the one with
/// fewer young members; of a bridge (two sides that both see a third) one side goes and not both; of a single broken link one
/// member goes. Who is to go and sees it does so itself; the others are told by those who stay, too.</item>
/// </list>
/// Who cannot reach the store judges nobody. It serves nothing either, and the others count it among the dead.
/// </summary>
public static class DowningRules
{
    public static ImmutableHashSet<string> FindDead(IReadOnlyCollection<Peer> members, IReadOnlyCollection<LostLink> lost)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(lost);
        var dead = members.Where(IsDead).Select(member => member.Address).ToHashSet();
        return
        [
            .. members.Where(member => member.Testimony == Testimony.LongDead
                || (IsDead(member) && lost.Any(link => link.Lost == member.Address && !dead.Contains(link.By)))).Select(member => member.Address),
        ];
    }

    public static ImmutableHashSet<string> FindCutOff(IReadOnlyCollection<Peer> members, IReadOnlyCollection<LostLink> lost)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(lost);
        var staying = members.ToDictionary(member => member.Address);
        // In which direction a link is lost does not matter: Akka needs both.
        var links = lost.Select(Undirected).ToHashSet();
        var going = ImmutableHashSet.CreateBuilder<string>();
        while (true)
        {
            links.RemoveWhere(link => !staying.ContainsKey(link.By) || !staying.ContainsKey(link.Lost));
            if (links.Count == 0)
            {
                return going.ToImmutable();
            }

            var worst = staying.Values
                .OrderByDescending(member => links.Count(link => Touches(link, member)))
                .ThenByDescending(member => member.Age)
                .First().Address;
            staying.Remove(worst);
            going.Add(worst);
        }
    }

    /// <summary>
    /// Whether this node's cluster must give way to another one on the same store, seen by nodes that serve and are no members
    /// here: the one with fewer serving nodes goes, of equals the one without the lowest id.
    /// </summary>
    /// <param name="ours">Ids of the serving nodes that are members.</param>
    /// <param name="theirs">Ids of the serving nodes that are not.</param>
    public static bool MustGiveWay(IReadOnlyCollection<string> ours, IReadOnlyCollection<string> theirs)
    {
        ArgumentNullException.ThrowIfNull(ours);
        ArgumentNullException.ThrowIfNull(theirs);
        return theirs.Count > ours.Count
            || (theirs.Count > 0 && theirs.Count == ours.Count
                && string.CompareOrdinal(theirs.Min(StringComparer.Ordinal), ours.Min(StringComparer.Ordinal)) < 0);
    }

    public static bool IsDead(Peer member) => member.Testimony is Testimony.Dead or Testimony.LongDead;

    private static bool Touches(LostLink link, Peer member) => link.By == member.Address || link.Lost == member.Address;

    private static LostLink Undirected(LostLink link) =>
        string.CompareOrdinal(link.By, link.Lost) <= 0 ? link : new LostLink(link.Lost, link.By);
}
