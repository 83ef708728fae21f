using System.Collections.Immutable;
using KvStore.Messages.Keys;

namespace KvStore.Messages.Protocol;

/// <summary>
/// Asks a node for the next page of several shards. Each page is a range of one shard's key index, so its cost does not
/// depend on how much is stored.
/// </summary>
/// <param name="Shards">At most one cursor a shard.</param>
/// <param name="Prefix">Only keys that begin with this; empty for all.</param>
/// <param name="KeysPerShard">At most this many keys of each shard.</param>
/// <param name="MaxBytes">
/// The answer stops growing once its keys and values reach this: a shard that did not get its turn is left out and asked for
/// again. One entry is always returned, so every call makes progress.
/// </param>
/// <param name="Values">Whether values are wanted.</param>
public sealed record ListPages(
    ImmutableArray<ShardCursor> Shards, string Prefix, int KeysPerShard, int MaxBytes, bool Values, RequestContext Context) : IKvStoreMessage;

/// <summary>Where the listing of one shard stands.</summary>
/// <param name="After">The last key that was seen, exclusive; empty for the beginning.</param>
public sealed record ShardCursor(int Shard, string After);

/// <summary>The answer to <see cref="ListPages"/>.</summary>
public abstract record ListReply(string Node) : IKvStoreMessage;

public sealed record PagesListed(ImmutableArray<ShardPage> Pages, string Node) : ListReply(Node);

/// <summary>The store did not answer.</summary>
public sealed record ListingFailed(string Detail, string Node) : ListReply(Node);

/// <summary>Keys of one shard, sorted by their UTF-8 bytes.</summary>
/// <param name="IsLast">No key of this shard comes after these.</param>
public sealed record ShardPage(int Shard, ImmutableArray<ListedKey> Keys, bool IsLast);

/// <param name="Key">A stored key's text; it was checked when it was written.</param>
/// <param name="Value">Null where values were not asked for.</param>
public readonly record struct ListedKey(string Key, KeyVersion Version, JsonText? Value);
