using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace KvStore.Messages.Wire;

/// <summary>
/// Takes the place of Akka's Newtonsoft.Json fallback. That one writes and reads any type by name, so one forged frame could
/// make a node create objects of the sender's choice; switching off unregistered types only guards what a node sends, not
/// what it receives. This one has the same number, which is all that an inbound frame names, and throws both ways.
/// </summary>
/// <remarks>A serializer with a string manifest, so that Akka does not even look up the type that the frame names.</remarks>
public sealed class RefusingSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The number of the serializer that this one displaces.</summary>
    public const int WireIdentifier = 1;

    public override int Identifier => WireIdentifier;

    /// <summary>Empty, so that the refusal comes from <see cref="ToBinary"/> with its reason, whichever Akka calls first.</summary>
    public override string Manifest(object o) => "";

    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj?.GetType()} is bound to no serializer: it cannot leave this node");

    public override object FromBinary(byte[] bytes, string manifest) =>
        throw new SerializationException(
            $"Refused {bytes?.Length} bytes for serializer {WireIdentifier}: nodes of this cluster do not send JSON");
}
