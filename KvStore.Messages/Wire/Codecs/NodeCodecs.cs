using KvStore.Messages.Protocol;

namespace KvStore.Messages.Wire.Codecs;

internal static class NodeCodecs
{
    public static readonly MessageCodec[] All =
    [
        new MessageCodec<GetNodeStatus, Proto.GetNodeStatus>(Manifests.GetNodeStatus, Write, Proto.GetNodeStatus.Parser, Read),
        new MessageCodec<NodeStatus, Proto.NodeStatus>(Manifests.NodeStatus, Write, Proto.NodeStatus.Parser, Read),
        new MessageCodec<MoveMyShards, Proto.MoveMyShards>(Manifests.MoveMyShards, Write, Proto.MoveMyShards.Parser, Read),
        new MessageCodec<ShardsLeft, Proto.ShardsLeft>(Manifests.ShardsLeft, Write, Proto.ShardsLeft.Parser, Read),
    ];

    private static Proto.GetNodeStatus Write(GetNodeStatus message, FieldWriter write) => new();

    private static GetNodeStatus Read(Proto.GetNodeStatus wire, FieldReader read) => GetNodeStatus.Instance;

    private static Proto.NodeStatus Write(NodeStatus message, FieldWriter write) => new()
    {
        Node = message.Node,
        LiveKeys = message.LiveKeys,
        HeldShards = message.HeldShards,
        LeaseValid = message.LeaseValid,
        QueuedRows = message.QueuedRows,
        Commits = message.Commits,
        LatencyCounts = { message.LatencyCounts },
    };

    private static NodeStatus Read(Proto.NodeStatus wire, FieldReader read) => new(
        read.Required(wire.HasNode, wire.Node),
        read.AtLeast(0, wire.HasLiveKeys, wire.LiveKeys),
        read.AtLeast(0, wire.HasHeldShards, wire.HeldShards),
        read.Required(wire.HasLeaseValid, wire.LeaseValid),
        read.AtLeast(0, wire.HasQueuedRows, wire.QueuedRows),
        read.AtLeast(0L, wire.HasCommits, wire.Commits),
        [.. wire.LatencyCounts.Select(count => read.AtLeast(0L, true, count))]);

    private static Proto.MoveMyShards Write(MoveMyShards message, FieldWriter write) => new();

    private static MoveMyShards Read(Proto.MoveMyShards wire, FieldReader read) => MoveMyShards.Instance;

    private static Proto.ShardsLeft Write(ShardsLeft message, FieldWriter write)
    {
        var wire = new Proto.ShardsLeft();
        if (message.Count is { } count)
        {
            wire.Count = count;
        }

        return wire;
    }

    private static ShardsLeft Read(Proto.ShardsLeft wire, FieldReader read) => new(wire.HasCount ? read.AtLeast(0, true, wire.Count) : null);
}
