using KvStore.Messages.Protocol;

namespace KvStore.Messages.Wire.Codecs;

internal static class QueryCodecs
{
    public static readonly MessageCodec[] All =
    [
        new MessageCodec<GetValue, Proto.GetValue>(Manifests.GetValue, Write, Proto.GetValue.Parser, Read),
    ];

    private static Proto.GetValue Write(GetValue message, FieldWriter write) => new()
    {
        Key = FieldWriter.Key(message.Key),
        Precondition = FieldWriter.Precondition(message.Precondition),
        AllowStale = message.AllowStale,
        Context = write.Context(message.Context),
    };

    private static GetValue Read(Proto.GetValue wire, FieldReader read) => new(
        read.Key(wire.HasKey, wire.Key),
        read.Precondition(wire.Precondition),
        read.Required(wire.HasAllowStale, wire.AllowStale),
        read.Context(wire.Context));
}
