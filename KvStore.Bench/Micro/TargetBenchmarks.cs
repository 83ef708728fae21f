using BenchmarkDotNet.Attributes;
using KvStore.Http.Requests;

namespace KvStore.Bench.Micro;

/// <summary>Step 1 of a request's path: from the raw target to the text of a key.</summary>
public class TargetBenchmarks
{
    private const string Plain = "/kv/k00012345";
    private const string WithQuery = "/kv/k00012345?ifVersion=41";
    private const string Encoded = "/kv/orders%2F2026%2Fh%C3%A4user";

    [Benchmark]
    public int ReadPlain() => Read(Plain);

    [Benchmark]
    public int ReadWithQuery() => Read(WithQuery);

    [Benchmark]
    public int ReadEncoded() => Read(Encoded);

    private static int Read(string raw) =>
        RequestTarget.TryRead(raw, out var target) && PercentDecoder.TryDecode(target.Key, plusIsSpace: false, out var key, out _)
            ? key.Length
            : throw new InvalidOperationException(raw);
}
