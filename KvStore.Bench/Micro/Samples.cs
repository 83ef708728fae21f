using System.Collections.Immutable;
using KvStore.Bench.Data;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Bench.Micro;

/// <summary>The messages of a small request, as they go through the node.</summary>
internal static class Samples
{
    public const string Node = "node-0";
    public const int MaxValueBytes = 1 << 20;

    public static readonly Key Key = Key.Parse(BenchKeys.Of(12_345));
    public static readonly JsonText Value = JsonText.Of(BenchValues.Of(BenchValues.SmallBytes));
    public static readonly RequestContext Context = new("0HN7:00000001", Deadline.After(TimeSpan.FromHours(1), TimeProvider.System));
    public static readonly KeyVersion Version = new(41);

    public static readonly GetValue Get = new(Key, Precondition.None, AllowStale: false, Context);
    public static readonly PutValue Put = new(Key, Value, Precondition.None, Context);
    public static readonly PutValue GuardedPut = new(Key, Value, Precondition.Version(Version), Context);
    public static readonly PatchValue Patch = new(Key, PatchKind.ShallowMerge, JsonText.Of("{\"lang\":\"en\",\"text\":\"hi\"}"), Precondition.None, Context);
    public static readonly Found Found = new(Version, Value, Stale: false, Node);
    public static readonly Stored Stored = new(Version, null, Node);
    public static readonly ClusterView NoCluster = new(new NodeView(Node, "", ""), ImmutableArray<MemberView>.Empty, ImmutableArray<ShardView>.Empty);
}
