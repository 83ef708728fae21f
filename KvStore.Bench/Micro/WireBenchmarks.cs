using Akka.Actor;
using BenchmarkDotNet.Attributes;
using KvStore.Messages.Wire;

namespace KvStore.Bench.Micro;

/// <summary>Step 4 of a request's path where it leaves the node: messages to bytes and back.</summary>
public class WireBenchmarks : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("micro");
    private readonly KvStoreSerializer _serializer;
    private readonly byte[] _get;
    private readonly byte[] _put;
    private readonly byte[] _found;
    private readonly byte[] _stored;

    public WireBenchmarks()
    {
        _serializer = new KvStoreSerializer((ExtendedActorSystem)_system);
        (_get, _put, _found, _stored) = (WriteGet(), WritePut(), WriteFound(), WriteStored());
    }

    [Benchmark]
    public byte[] WriteGet() => _serializer.ToBinary(Samples.Get);

    [Benchmark]
    public byte[] WritePut() => _serializer.ToBinary(Samples.Put);

    [Benchmark]
    public byte[] WriteFound() => _serializer.ToBinary(Samples.Found);

    [Benchmark]
    public byte[] WriteStored() => _serializer.ToBinary(Samples.Stored);

    [Benchmark]
    public object ReadGet() => _serializer.FromBinary(_get, _serializer.Manifest(Samples.Get));

    [Benchmark]
    public object ReadPut() => _serializer.FromBinary(_put, _serializer.Manifest(Samples.Put));

    [Benchmark]
    public object ReadFound() => _serializer.FromBinary(_found, _serializer.Manifest(Samples.Found));

    [Benchmark]
    public object ReadStored() => _serializer.FromBinary(_stored, _serializer.Manifest(Samples.Stored));

    [GlobalCleanup]
    public void Dispose()
    {
        _system.Dispose();
        GC.SuppressFinalize(this);
    }
}
