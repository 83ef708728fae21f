using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Messages.Wire.Codecs;

internal static class ReplyCodecs
{
    public static readonly MessageCodec[] All =
    [
        new MessageCodec<Stored, Proto.Stored>(Manifests.Stored, Write, Proto.Stored.Parser, Read),
        new MessageCodec<Deleted, Proto.Deleted>(Manifests.Deleted, Write, Proto.Deleted.Parser, Read),
        new MessageCodec<Found, Proto.Found>(Manifests.Found, Write, Proto.Found.Parser, Read),
        new MessageCodec<NotModified, Proto.NotModified>(Manifests.NotModified, Write, Proto.NotModified.Parser, Read),
        new MessageCodec<Absent, Proto.Absent>(Manifests.Absent, Write, Proto.Absent.Parser, Read),
        new MessageCodec<VersionConflict, Proto.VersionConflict>(Manifests.VersionConflict, Write, Proto.VersionConflict.Parser, Read),
        new MessageCodec<PreconditionFailed, Proto.PreconditionFailed>(
            Manifests.PreconditionFailed, Write, Proto.PreconditionFailed.Parser, Read),
        new MessageCodec<Unprocessable, Proto.Unprocessable>(Manifests.Unprocessable, Write, Proto.Unprocessable.Parser, Read),
        new MessageCodec<Busy, Proto.Busy>(Manifests.Busy, Write, Proto.Busy.Parser, Read),
        new MessageCodec<Refused, Proto.Refused>(Manifests.Refused, Write, Proto.Refused.Parser, Read),
        new MessageCodec<OutcomeUnknown, Proto.OutcomeUnknown>(Manifests.OutcomeUnknown, Write, Proto.OutcomeUnknown.Parser, Read),
    ];

    private static Proto.Stored Write(Stored message, FieldWriter write)
    {
        var wire = new Proto.Stored { Version = message.Version.Number, Node = message.Node };
        if (message.Value is { } value)
        {
            wire.Value = FieldWriter.Value(value);
        }

        return wire;
    }

    private static Stored Read(Proto.Stored wire, FieldReader read) => new(
        read.Version(wire.HasVersion, wire.Version),
        read.OptionalValue(wire.HasValue, wire.Value),
        read.Required(wire.HasNode, wire.Node));

    private static Proto.Deleted Write(Deleted message, FieldWriter write) =>
        new() { Version = message.Version.Number, Node = message.Node };

    private static Deleted Read(Proto.Deleted wire, FieldReader read) => new(
        read.Version(wire.HasVersion, wire.Version),
        read.Required(wire.HasNode, wire.Node));

    private static Proto.Found Write(Found message, FieldWriter write) => new()
    {
        Version = message.Version.Number,
        Value = FieldWriter.Value(message.Value),
        Stale = message.Stale,
        Node = message.Node,
    };

    private static Found Read(Proto.Found wire, FieldReader read) => new(
        read.Version(wire.HasVersion, wire.Version),
        read.Value(wire.HasValue, wire.Value),
        read.Required(wire.HasStale, wire.Stale),
        read.Required(wire.HasNode, wire.Node));

    private static Proto.NotModified Write(NotModified message, FieldWriter write) =>
        new() { Version = message.Version.Number, Stale = message.Stale, Node = message.Node };

    private static NotModified Read(Proto.NotModified wire, FieldReader read) => new(
        read.Version(wire.HasVersion, wire.Version),
        read.Required(wire.HasStale, wire.Stale),
        read.Required(wire.HasNode, wire.Node));

    private static Proto.Absent Write(Absent message, FieldWriter write) => new() { Stale = message.Stale, Node = message.Node };

    private static Absent Read(Proto.Absent wire, FieldReader read) => new(
        read.Required(wire.HasStale, wire.Stale),
        read.Required(wire.HasNode, wire.Node));

    private static Proto.VersionConflict Write(VersionConflict message, FieldWriter write) =>
        new() { Current = message.Current.Number, Expected = message.Expected.Number, Node = message.Node };

    private static VersionConflict Read(Proto.VersionConflict wire, FieldReader read) => new(
        read.Version(wire.HasCurrent, wire.Current),
        read.Version(wire.HasExpected, wire.Expected),
        read.Required(wire.HasNode, wire.Node));

    private static Proto.PreconditionFailed Write(PreconditionFailed message, FieldWriter write)
    {
        var wire = new Proto.PreconditionFailed { Current = message.Current.Number, Node = message.Node };
        if (message.Expected is { } expected)
        {
            wire.Expected = expected.Number;
        }

        return wire;
    }

    private static PreconditionFailed Read(Proto.PreconditionFailed wire, FieldReader read) => new(
        read.Version(wire.HasCurrent, wire.Current),
        wire.HasExpected ? read.Version(true, wire.Expected) : (KeyVersion?)null,
        read.Required(wire.HasNode, wire.Node));

    private static Proto.Unprocessable Write(Unprocessable message, FieldWriter write) =>
        new() { Detail = message.Detail, Current = message.Current.Number, Node = message.Node };

    private static Unprocessable Read(Proto.Unprocessable wire, FieldReader read) => new(
        read.Required(wire.HasDetail, wire.Detail),
        read.Version(wire.HasCurrent, wire.Current),
        read.Required(wire.HasNode, wire.Node));

    private static Proto.Busy Write(Busy message, FieldWriter write) => new() { Detail = message.Detail, Node = message.Node };

    private static Busy Read(Proto.Busy wire, FieldReader read) => new(
        read.Required(wire.HasDetail, wire.Detail),
        read.Required(wire.HasNode, wire.Node));

    private static Proto.Refused Write(Refused message, FieldWriter write)
    {
        var wire = new Proto.Refused { Reason = (int)message.Reason, Node = message.Node };
        if (message.FailedNode is not null)
        {
            wire.FailedNode = message.FailedNode;
        }

        return wire;
    }

    private static Refused Read(Proto.Refused wire, FieldReader read) => new(
        read.Number<RefusalReason>(wire.HasReason, wire.Reason),
        wire.HasFailedNode ? wire.FailedNode : null,
        read.Required(wire.HasNode, wire.Node));

    private static Proto.OutcomeUnknown Write(OutcomeUnknown message, FieldWriter write)
    {
        var wire = new Proto.OutcomeUnknown { Node = message.Node };
        if (message.FailedNode is not null)
        {
            wire.FailedNode = message.FailedNode;
        }

        return wire;
    }

    private static OutcomeUnknown Read(Proto.OutcomeUnknown wire, FieldReader read) => new(
        wire.HasFailedNode ? wire.FailedNode : null,
        read.Required(wire.HasNode, wire.Node));
}
