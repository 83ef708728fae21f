using Google.Protobuf;
using KvStore.Messages.Protocol;

namespace KvStore.Messages.Wire.Codecs;

internal static class NodeCodecs
{
    private const int MaxPort = 65_535;
    private const int TokenBytes = 16;

    public static readonly MessageCodec[] All =
    [
        new MessageCodec<GetNodeStatus, Proto.GetNodeStatus>(Manifests.GetNodeStatus, Write, Proto.GetNodeStatus.Parser, Read),
        new MessageCodec<NodeStatus, Proto.NodeStatus>(Manifests.NodeStatus, Write, Proto.NodeStatus.Parser, Read),
        new MessageCodec<MoveMyShards, Proto.MoveMyShards>(Manifests.MoveMyShards, Write, Proto.MoveMyShards.Parser, Read),
        new MessageCodec<ShardsLeft, Proto.ShardsLeft>(Manifests.ShardsLeft, Write, Proto.ShardsLeft.Parser, Read),
        new MessageCodec<SeekLink, Proto.SeekLink>(Manifests.SeekLink, Write, Proto.SeekLink.Parser, Read),
        new MessageCodec<LinkOffer, Proto.LinkOffer>(Manifests.LinkOffer, Write, Proto.LinkOffer.Parser, Read),
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

    private static Proto.SeekLink Write(SeekLink message, FieldWriter write) => new();

    private static SeekLink Read(Proto.SeekLink wire, FieldReader read) => SeekLink.Instance;

    private static Proto.LinkOffer Write(LinkOffer message, FieldWriter write) =>
        new() { Port = message.Port, Token = ByteString.CopyFrom(message.Token.ToByteArray(bigEndian: true)) };

    private static LinkOffer Read(Proto.LinkOffer wire, FieldReader read)
    {
        var port = read.AtLeast(1, wire.HasPort, wire.Port);
        var token = read.Required(wire.HasToken, wire.Token);
        return port > MaxPort ? throw read.Fault(nameof(wire.Port), $"is {port}, and is at most {MaxPort}")
            : token.Length != TokenBytes ? throw read.Fault(nameof(wire.Token), $"has {token.Length} bytes, and has {TokenBytes}")
            : new LinkOffer(port, new Guid(token.Span, bigEndian: true));
    }
}
