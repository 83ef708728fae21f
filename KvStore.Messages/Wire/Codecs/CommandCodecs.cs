using KvStore.Messages.Protocol;

namespace KvStore.Messages.Wire.Codecs;

internal static class CommandCodecs
{
    public static readonly MessageCodec[] All =
    [
        new MessageCodec<PutValue, Proto.PutValue>(Manifests.PutValue, Write, Proto.PutValue.Parser, Read),
        new MessageCodec<PatchValue, Proto.PatchValue>(Manifests.PatchValue, Write, Proto.PatchValue.Parser, Read),
        new MessageCodec<DeleteKey, Proto.DeleteKey>(Manifests.DeleteKey, Write, Proto.DeleteKey.Parser, Read),
    ];

    private static Proto.PutValue Write(PutValue message, FieldWriter write) => new()
    {
        Key = FieldWriter.Key(message.Key),
        Value = FieldWriter.Value(message.Value),
        Precondition = FieldWriter.Precondition(message.Precondition),
        Context = write.Context(message.Context),
    };

    private static PutValue Read(Proto.PutValue wire, FieldReader read) => new(
        read.Key(wire.HasKey, wire.Key),
        read.Value(wire.HasValue, wire.Value),
        read.Precondition(wire.Precondition),
        read.Context(wire.Context));

    private static Proto.PatchValue Write(PatchValue message, FieldWriter write) => new()
    {
        Key = FieldWriter.Key(message.Key),
        Kind = (int)message.Kind,
        Delta = FieldWriter.Value(message.Delta),
        Precondition = FieldWriter.Precondition(message.Precondition),
        Context = write.Context(message.Context),
    };

    private static PatchValue Read(Proto.PatchValue wire, FieldReader read) => new(
        read.Key(wire.HasKey, wire.Key),
        read.Number<PatchKind>(wire.HasKind, wire.Kind),
        read.Value(wire.HasDelta, wire.Delta),
        read.Precondition(wire.Precondition),
        read.Context(wire.Context));

    private static Proto.DeleteKey Write(DeleteKey message, FieldWriter write) => new()
    {
        Key = FieldWriter.Key(message.Key),
        Precondition = FieldWriter.Precondition(message.Precondition),
        Context = write.Context(message.Context),
    };

    private static DeleteKey Read(Proto.DeleteKey wire, FieldReader read) => new(
        read.Key(wire.HasKey, wire.Key),
        read.Precondition(wire.Precondition),
        read.Context(wire.Context));
}
