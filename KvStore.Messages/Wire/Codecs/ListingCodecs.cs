using System.Collections.Immutable;
using KvStore.Messages.Protocol;

namespace KvStore.Messages.Wire.Codecs;

internal static class ListingCodecs
{
    public static readonly MessageCodec[] All =
    [
        new MessageCodec<ListPages, Proto.ListPages>(Manifests.ListPages, Write, Proto.ListPages.Parser, Read),
        new MessageCodec<PagesListed, Proto.PagesListed>(Manifests.PagesListed, Write, Proto.PagesListed.Parser, Read),
        new MessageCodec<ListingFailed, Proto.ListingFailed>(Manifests.ListingFailed, Write, Proto.ListingFailed.Parser, Read),
    ];

    private static Proto.ListPages Write(ListPages message, FieldWriter write)
    {
        var wire = new Proto.ListPages
        {
            Prefix = FieldWriter.Text(message.Prefix),
            KeysPerShard = message.KeysPerShard,
            MaxBytes = message.MaxBytes,
            Values = message.Values,
            Context = write.Context(message.Context),
        };
        foreach (var cursor in message.Shards)
        {
            wire.Shards.Add(new Proto.ShardCursor { Shard = cursor.Shard, After = FieldWriter.Text(cursor.After) });
        }

        return wire;
    }

    private static ListPages Read(Proto.ListPages wire, FieldReader read)
    {
        var cursors = ImmutableArray.CreateBuilder<ShardCursor>(wire.Shards.Count);
        var seen = new HashSet<int>();
        foreach (var cursor in wire.Shards)
        {
            var shard = read.Shard(cursor.HasShard, cursor.Shard);
            if (!seen.Add(shard))
            {
                // It would make the node read the same range of its index as often as it is told to.
                throw read.Fault(nameof(wire.Shards), $"names shard {shard} twice");
            }

            cursors.Add(new(shard, read.Text(cursor.HasAfter, cursor.After)));
        }

        return new(
            cursors.MoveToImmutable(),
            read.Text(wire.HasPrefix, wire.Prefix),
            read.AtLeast(1, wire.HasKeysPerShard, wire.KeysPerShard),
            read.AtLeast(0, wire.HasMaxBytes, wire.MaxBytes),
            read.Required(wire.HasValues, wire.Values),
            read.Context(wire.Context));
    }

    private static Proto.PagesListed Write(PagesListed message, FieldWriter write)
    {
        var wire = new Proto.PagesListed { Node = message.Node };
        foreach (var page in message.Pages)
        {
            var wirePage = new Proto.ShardPage { Shard = page.Shard, IsLast = page.IsLast };
            foreach (var key in page.Keys)
            {
                wirePage.Keys.Add(Write(key));
            }

            wire.Pages.Add(wirePage);
        }

        return wire;
    }

    private static PagesListed Read(Proto.PagesListed wire, FieldReader read)
    {
        var pages = ImmutableArray.CreateBuilder<ShardPage>(wire.Pages.Count);
        foreach (var page in wire.Pages)
        {
            var keys = ImmutableArray.CreateBuilder<ListedKey>(page.Keys.Count);
            foreach (var key in page.Keys)
            {
                keys.Add(Read(key, read));
            }

            pages.Add(new(read.Shard(page.HasShard, page.Shard), keys.MoveToImmutable(), read.Required(page.HasIsLast, page.IsLast)));
        }

        return new(pages.MoveToImmutable(), read.Required(wire.HasNode, wire.Node));
    }

    private static Proto.ListedKey Write(ListedKey key)
    {
        var wire = new Proto.ListedKey { Key = FieldWriter.Text(key.Key), Version = key.Version.Number };
        if (key.Value is { } value)
        {
            wire.Value = FieldWriter.Value(value);
        }

        return wire;
    }

    // A listed key names a stored row, it does not address one: a row that breaks a rule is shown rather than made to hide
    // the whole page that it is on.
    private static ListedKey Read(Proto.ListedKey wire, FieldReader read) => new(
        read.Text(wire.HasKey, wire.Key),
        read.Version(wire.HasVersion, wire.Version),
        read.OptionalValue(wire.HasValue, wire.Value));

    private static Proto.ListingFailed Write(ListingFailed message, FieldWriter write) =>
        new() { Detail = message.Detail, Node = message.Node };

    private static ListingFailed Read(Proto.ListingFailed wire, FieldReader read) => new(
        read.Required(wire.HasDetail, wire.Detail),
        read.Required(wire.HasNode, wire.Node));
}
