using Akka.Actor;
using KvStore.Messages.Keys;
using KvStore.Messages.Routing;
using KvStore.Node.Config;
using KvStore.Node.Diagnostics;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;

namespace KvStore.Node.Keys;

/// <summary>What all key actors of a node share, so that each of them costs one reference.</summary>
public sealed class KeyActorContext(
    string nodeName,
    LimitOptions limits,
    IKeyStore store,
    GroupCommitWriter writer,
    LeaseTable leases,
    LiveKeys liveKeys,
    IActorRef ownership,
    TimeProvider time,
    ILogger log)
{
    public string NodeName { get; } = nodeName;

    public LimitOptions Limits { get; } = limits;

    public IKeyStore Store { get; } = store;

    public GroupCommitWriter Writer { get; } = writer;

    public LeaseTable Leases { get; } = leases;

    public LiveKeys LiveKeys { get; } = liveKeys;

    public IActorRef Ownership { get; } = ownership;

    public TimeProvider Time { get; } = time;

    public ILogger Log { get; } = log;

    internal FaultReports LoadFaults { get; } = new(time);

    public KeyDecisions Decisions { get; } = new(nodeName, limits.MaxValueBytes);

    public int ShardOf(Key key) => ShardMap.ShardOf(key, Leases.Shards);
}
