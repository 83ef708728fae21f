using System.Collections.Immutable;
using System.Runtime.Serialization;
using Google.Protobuf;
using KvStore.Messages.Protocol;

namespace KvStore.Messages.Wire.Codecs;

internal static class BatchCodecs
{
    public static readonly MessageCodec[] All =
    [
        new MessageCodec<KeyBatch, Proto.KeyBatch>(Manifests.KeyBatch, Write, Proto.KeyBatch.Parser, Read),
    ];

    private static Proto.KeyBatch Write(KeyBatch message, FieldWriter write)
    {
        var wire = new Proto.KeyBatch();
        foreach (var (id, content) in message.Entries)
        {
            var entry = new Proto.KeyBatchEntry { Id = id };
            if (content is not null)
            {
                var codec = CodecTable.Of(content);
                entry.Manifest = codec.Manifest;
                entry.Message = UnsafeByteOperations.UnsafeWrap(codec.Write(content, write));
            }

            wire.Entries.Add(entry);
        }

        return wire;
    }

    private static KeyBatch Read(Proto.KeyBatch wire, FieldReader read)
    {
        var entries = ImmutableArray.CreateBuilder<KeyBatchEntry>(wire.Entries.Count);
        var faults = ImmutableArray.CreateBuilder<string>();
        foreach (var entry in wire.Entries)
        {
            try
            {
                entries.Add(new KeyBatchEntry(read.Required(entry.HasId, entry.Id), entry.HasManifest ? Content(entry, read) : null));
            }
            catch (SerializationException fault)
            {
                faults.Add(fault.Message);
            }
        }

        return new KeyBatch(entries.DrainToImmutable()) { Faults = faults.DrainToImmutable() };
    }

    /// <summary>A request or a reply. Not another batch: these could be nested without end.</summary>
    private static IKvStoreMessage Content(Proto.KeyBatchEntry entry, FieldReader read) =>
        CodecTable.TryFind(entry.Manifest, out var codec)
        && (codec.Type.IsAssignableTo(typeof(IKeyMessage)) || codec.Type.IsAssignableTo(typeof(KeyReply)))
            ? (IKvStoreMessage)codec.Read(read.Required(entry.HasMessage, entry.Message).ToByteArray(), read.Time)
            : throw read.Fault(nameof(entry.Manifest), "names neither a request nor a reply of a key");
}
