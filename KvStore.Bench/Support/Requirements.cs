using KvStore.Bench.Support;

namespace KvStore.Specs.Support;

/// <summary>What the linked sources of the specs call where the machine lacks something. A spec is skipped there; a peer cannot be had here.</summary>
internal static class Requirements
{
    public static void Skip(string reason) => throw new MissingToolException(reason);
}
