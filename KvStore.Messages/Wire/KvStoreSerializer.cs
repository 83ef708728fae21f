using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using KvStore.Messages.Protocol;

namespace KvStore.Messages.Wire;

/// <summary>
/// Akka's view of the codecs: finds the one for a type or a manifest, and nothing else. Reads give a message that passed
/// every check, or a <see cref="SerializationException"/> that says what is wrong; never anything else.
/// </summary>
/// <param name="time">Counts deadlines down; that of the edge and the key actors. Default <see cref="TimeProvider.System"/>.</param>
public sealed class KvStoreSerializer(ExtendedActorSystem system, TimeProvider? time = null) : SerializerWithStringManifest(system)
{
    /// <summary>
    /// On the wire with every message, so it never changes. Akka keeps 0 to 40 for itself; this is <c>KV</c> in ASCII (0x4B56),
    /// which is easy to find in a capture and unlikely to be anybody else's. Another format would take another number.
    /// </summary>
    public const int WireIdentifier = 19_286;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly FieldWriter _fields = new(time ?? TimeProvider.System);

    public override int Identifier => WireIdentifier;

    public override string Manifest(object o) => CodecTable.Of(o).Manifest;

    public override byte[] ToBinary(object obj) => CodecTable.Of(obj).Write(obj, _fields);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return manifest is not null && CodecTable.TryFind(manifest, out var codec)
            ? codec.Read(bytes, _time)
            : throw new SerializationException(
                $"No {nameof(IKvStoreMessage)} has the manifest '{Shown(manifest)}' ({bytes.Length} bytes): "
                + "the sender is newer, or no node of ours");
    }

    // What the network sent goes into a log: a bounded part of it, on one line.
    private static string Shown(string? manifest) =>
        manifest is null ? "" : string.Concat(manifest.Take(32).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '?'));
}
