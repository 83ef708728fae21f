using System.Collections.Immutable;
using Akka.Actor;
using Akka.Serialization;
using KvStore.Messages.Protocol;

namespace KvStore.Messages.Wire;

/// <summary>
/// What a host gives its actor system so that only our protobuf messages and Akka's own cross the wire, in both directions.
/// All three are needed: our serializer, the one that displaces the JSON fallback, and <see cref="Hocon"/>.
/// </summary>
public static class WireSetup
{
    /// <summary>Our serializer's name in Akka's configuration.</summary>
    public const string SerializerName = "kvstore";

    /// <summary>The name under which Akka configures the fallback that <see cref="CreateRefusingSerializer"/> displaces.</summary>
    public const string RefusingSerializerName = "json";

    /// <summary>Refuses to send types that are bound to no serializer, and does not warn at start that id 1 was replaced.</summary>
    public const string Hocon =
        """
        akka.actor.serialization-settings.allow-unregistered-types = off
        akka.log-serializer-override-on-start = off
        """;

    /// <summary>The types that our serializer is bound to.</summary>
    public static ImmutableArray<Type> BoundTypes { get; } = [typeof(IKvStoreMessage)];

    /// <summary>The types that the refusing serializer is bound to: whatever nothing else is bound to.</summary>
    public static ImmutableArray<Type> RefusedTypes { get; } = [typeof(object)];

    /// <param name="time">Must be the clock by which the edge makes deadlines and the key actors judge them.</param>
    public static Func<ExtendedActorSystem, Serializer> CreateSerializer(TimeProvider time) =>
        system => new KvStoreSerializer(system, time);

    public static Serializer CreateRefusingSerializer(ExtendedActorSystem system) => new RefusingSerializer(system);

    /// <summary>The same two serializers for an actor system that is made without Akka.Hosting.</summary>
    public static SerializationSetup Setup(TimeProvider time) => SerializationSetup.Create(system =>
    [
        SerializerDetails.Create(SerializerName, CreateSerializer(time)(system), [.. BoundTypes]),
        SerializerDetails.Create(RefusingSerializerName, CreateRefusingSerializer(system), [.. RefusedTypes]),
    ]);
}
