using KvStore.Bench.Data;

namespace KvStore.Bench.Peers;

/// <summary>A peer and what it holds before it is measured. Equal plans are one running peer.</summary>
/// <param name="Build">Null where the peer is no KvStore.</param>
/// <param name="Keys">How many keys it holds, <see cref="BenchKeys"/> from 0 on.</param>
/// <param name="ValueBytes">Of each value.</param>
internal sealed record PeerPlan(PeerKind Kind, NodeBuild? Build, long Keys, int ValueBytes)
{
    /// <summary>Speaks HTTP/2 with prior knowledge, and nothing else.</summary>
    public bool IsHttp2 { get; init; }

    /// <summary>Set where what is done to the peer spoils it for others, so that it is shared with nobody.</summary>
    public string Owner { get; init; } = "";

    public string Title => Kind.Title() + (Build is { Label.Length: > 0 } ? $" [{Build.Label}]" : "");
}
