using Akka.Hosting;
using KvStore.Messages.Wire;

namespace KvStore.Node.Cluster;

internal static class WireHosting
{
    /// <summary>Our messages by our serializer, everything that is bound to no other refused, in both directions.</summary>
    public static AkkaConfigurationBuilder WithKvStoreWire(this AkkaConfigurationBuilder akka) => akka
        .AddHocon(WireSetup.Hocon, HoconAddMode.Prepend)
        .WithCustomSerializer(WireSetup.SerializerName, WireSetup.BoundTypes, WireSetup.CreateSerializer(TimeProvider.System))
        .WithCustomSerializer(WireSetup.RefusingSerializerName, WireSetup.RefusedTypes, WireSetup.CreateRefusingSerializer);
}
