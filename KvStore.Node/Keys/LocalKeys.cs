using Akka.Actor;
using KvStore.Http.Gateway;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using KvStore.Node.Ownership;

namespace KvStore.Node.Keys;

/// <summary>
/// Reads a live key's cell beside its actor: two look-ups instead of a message there and back. It answers what the actor would.
/// The actor writes down a commit in the cell before it tells anybody, so whoever has heard of a write reads it or a later
/// one; and a state counts only while its epoch is proven to be held, which is asked after the state was taken, never before:
/// between the two the shard may go to another node, and be written there.
/// </summary>
/// <param name="node">This node's name, for the replies.</param>
public sealed class LocalKeys(string node, LiveKeys liveKeys, LeaseTable leases, KeyDecisions decisions) : ILocalKeys
{
    /// <inheritdoc/>
    public KeyReply? TryRead(GetValue request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var reply = TryRead(request.Key, request.Precondition);
        if (reply is not null)
        {
            // Begun and ended at once: to look takes no time that a trace could show, and where it finds nothing the actor has the span.
            KeySpans.End(KeySpans.Start(request, node), reply);
        }

        return reply;
    }

    /// <inheritdoc/>
    public KeyReply? TryRead(Key key, Precondition precondition)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(precondition);
        if (liveKeys.Find(key) is not { } cell || !cell.TryRead(out var committed))
        {
            return null;
        }

        if (leases.Check(cell.Shard, committed.Epoch) != LeaseStanding.Valid)
        {
            return null;
        }

        // Nobody else tells the budget that the key is in use.
        cell.Touch();
        return decisions.Read(committed.State, precondition, stale: false);
    }

    /// <inheritdoc/>
    public IActorRef? FindActor(Key key) => liveKeys.Find(key) is { IsLeaving: false } cell ? cell.Actor : null;

    /// <inheritdoc/>
    public bool IsLive(Key key, IActorRef actor) => liveKeys.Find(key)?.Actor.Equals(actor) == true;

    /// <inheritdoc/>
    public bool Holds(Key key) => leases.EpochOf(ShardMap.ShardOf(key, leases.Shards)) is not null;
}
