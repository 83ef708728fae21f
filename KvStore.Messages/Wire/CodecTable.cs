using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Serialization;
using KvStore.Messages.Protocol;
using KvStore.Messages.Wire.Codecs;

namespace KvStore.Messages.Wire;

/// <summary>All codecs, by what they are for and by their names on the wire.</summary>
internal static class CodecTable
{
    private static readonly MessageCodec[] Codecs =
        [.. CommandCodecs.All, .. QueryCodecs.All, .. ReplyCodecs.All, .. ListingCodecs.All, .. NodeCodecs.All, .. BatchCodecs.All];

    private static readonly FrozenDictionary<Type, MessageCodec> ByType = Codecs.ToFrozenDictionary(codec => codec.Type);

    private static readonly FrozenDictionary<string, MessageCodec> ByManifest = Codecs.ToFrozenDictionary(codec => codec.Manifest);

    /// <exception cref="SerializationException">It is no <see cref="IKvStoreMessage"/>.</exception>
    public static MessageCodec Of(object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return ByType.TryGetValue(message.GetType(), out var codec)
            ? codec
            : throw new SerializationException($"{message.GetType()} has no codec: it cannot leave this node");
    }

    public static bool TryFind(string manifest, [NotNullWhen(true)] out MessageCodec? codec) => ByManifest.TryGetValue(manifest, out codec);
}
