using System.Runtime.Serialization;
using Google.Protobuf;

namespace KvStore.Messages.Wire;

/// <summary>One message's way to the wire and back, under its manifest.</summary>
internal abstract class MessageCodec(string manifest, Type type)
{
    public string Manifest => manifest;

    public Type Type => type;

    /// <exception cref="SerializationException">The message holds what its reader would refuse.</exception>
    public abstract byte[] Write(object message, FieldWriter fields);

    /// <exception cref="SerializationException">The bytes are no such message.</exception>
    public abstract object Read(byte[] bytes, TimeProvider time);
}

internal sealed class MessageCodec<TMessage, TWire>(
    string manifest, Func<TMessage, FieldWriter, TWire> write, MessageParser<TWire> parser, Func<TWire, FieldReader, TMessage> read)
    : MessageCodec(manifest, typeof(TMessage))
    where TMessage : class
    where TWire : IMessage<TWire>
{
    // Unknown fields come from a newer node. Nobody here passes messages on, so there is no point in keeping them.
    private readonly MessageParser<TWire> _parser = parser.WithDiscardUnknownFields(true);

    public override byte[] Write(object message, FieldWriter fields) => write((TMessage)message, fields).ToByteArray();

    public override object Read(byte[] bytes, TimeProvider time)
    {
        TWire wire;
        try
        {
            wire = _parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new SerializationException($"{Type.Name} ({bytes.Length} bytes): not a protobuf message: {e.Message}", e);
        }

        return read(wire, new FieldReader(Type.Name, time));
    }
}
