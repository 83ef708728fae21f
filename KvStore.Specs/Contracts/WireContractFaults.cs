using System.Runtime.Serialization;
using Akka.Actor;
using Google.Protobuf;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Wire;
using Microsoft.Extensions.Time.Testing;
using Proto = KvStore.Messages.Wire.Proto;

namespace KvStore.Specs.Contracts;

/// <summary>Each fault that a reader looks for, one by one, and the deadline's way over the wire.</summary>
public sealed class WireContractFaults : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("faults", "akka { stdout-loglevel = OFF, loglevel = OFF }");
    private readonly FakeTimeProvider _time = new();
    private readonly KvStoreSerializer _serializer;

    public WireContractFaults() => _serializer = new((ExtendedActorSystem)_system, _time);

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_key_that_breaks_a_rule_is_refused()
    {
        Refused("c3", new Proto.DeleteKey { Key = Utf8("a/../b"), Context = Context() }, "DeleteKey: field Key", "segment");
        Refused("c3", new Proto.DeleteKey { Key = Utf8(""), Context = Context() }, "DeleteKey: field Key", "at least one byte");
        Refused("c3", new Proto.DeleteKey { Key = Utf8(new string('a', 513)), Context = Context() }, "DeleteKey: field Key", "512");
        Refused("c3", new Proto.DeleteKey { Context = Context() }, "DeleteKey: field Key", "missing");
    }

    [Fact]
    public void A_key_that_is_not_UTF_8_is_refused_and_does_not_become_another_key()
    {
        var broken = ByteString.CopyFrom(0x61, 0xFF);
        Refused("q1", new Proto.GetValue { Key = broken, AllowStale = false, Context = Context() }, "GetValue: field Key", "UTF-8");
        var surrogate = ByteString.CopyFrom(0xED, 0xA0, 0x80);
        Refused("q1", new Proto.GetValue { Key = surrogate, AllowStale = false, Context = Context() }, "GetValue: field Key", "UTF-8");
    }

    [Fact]
    public void A_number_that_no_enum_knows_is_refused()
    {
        Refused("r10", new Proto.Refused { Reason = 99, Node = "n" }, "Refused: field Reason", "99");
        Refused("r10", new Proto.Refused { Reason = -1, Node = "n" }, "Refused: field Reason", "-1");
        Refused("r10", new Proto.Refused { Node = "n" }, "Refused: field Reason", "missing");
        Refused("c2", new Proto.PatchValue { Key = Utf8("a"), Kind = 99, Delta = Utf8("1"), Context = Context() },
            "PatchValue: field Kind", "99");
    }

    [Fact]
    public void A_field_that_a_message_cannot_do_without_is_missed()
    {
        Refused("r3", new Proto.Found { Version = 1, Value = Utf8("1"), Node = "n" }, "Found: field Stale", "missing");
        Refused("r3", new Proto.Found { Version = 1, Stale = false, Node = "n" }, "Found: field Value", "missing");
        Refused("r3", new Proto.Found { Value = Utf8("1"), Stale = false, Node = "n" }, "Found: field Version", "missing");
        Refused("r3", new Proto.Found { Version = 1, Value = Utf8("1"), Stale = false }, "Found: field Node", "missing");
        Refused("c3", new Proto.DeleteKey { Key = Utf8("a") }, "DeleteKey: field context", "missing");
        Refused("l2", new Proto.PagesListed { Node = "n", Pages = { new Proto.ShardPage { Shard = 1 } } },
            "PagesListed: field IsLast", "missing");
    }

    [Fact]
    public void Values_and_versions_out_of_bounds_are_refused()
    {
        Refused("r2", new Proto.Deleted { Version = -1, Node = "n" }, "Deleted: field Version", "-1");
        Refused("r3", new Proto.Found { Version = 1, Value = ByteString.Empty, Stale = false, Node = "n" }, "Found: field Value", "empty");
        Refused("n2", new Proto.NodeStatus { Node = "n", LiveKeys = -5, HeldShards = 0, LeaseValid = true, QueuedRows = 0, Commits = 0 },
            "NodeStatus: field LiveKeys", "-5");
        Refused("n6", new Proto.LinkOffer { Port = 0, Token = ByteString.CopyFrom(new byte[16]) }, "LinkOffer: field Port", "at least 1");
        Refused("n6", new Proto.LinkOffer { Port = 65_536, Token = ByteString.CopyFrom(new byte[16]) }, "LinkOffer: field Port", "at most");
        Refused("n6", new Proto.LinkOffer { Port = 1 }, "LinkOffer: field Token", "missing");
        Refused("n6", new Proto.LinkOffer { Port = 1, Token = ByteString.CopyFrom(new byte[15]) }, "LinkOffer: field Token", "15 bytes");
    }

    [Fact]
    public void A_batch_has_requests_and_replies_and_no_batches_and_one_bad_entry_costs_no_other()
    {
        var good = new Proto.KeyBatchEntry { Id = 1, Manifest = "r2", Message = new Proto.Deleted { Version = 2, Node = "n" }.ToByteString() };
        Lost(new Proto.KeyBatchEntry(), "KeyBatch: field Id", "missing");
        Lost(new Proto.KeyBatchEntry { Id = 1, Manifest = "r2" }, "KeyBatch: field Message", "missing");
        Lost(With(good, entry => entry.Message = new Proto.Deleted { Node = "n" }.ToByteString()), "Deleted: field Version", "missing");
        foreach (var other in (string[])["b1", "l1", "n1", "none"])
        {
            Lost(With(good, entry => entry.Manifest = other), "KeyBatch: field Manifest", "neither a request nor a reply");
        }

        static Proto.KeyBatchEntry With(Proto.KeyBatchEntry entry, Action<Proto.KeyBatchEntry> change)
        {
            var changed = entry.Clone();
            change(changed);
            return changed;
        }

        void Lost(Proto.KeyBatchEntry bad, params string[] parts)
        {
            var batch = (KeyBatch)_serializer.FromBinary(new Proto.KeyBatch { Entries = { good, bad, good } }.ToByteArray(), "b1");
            Assert.Equal(2, batch.Entries.Length);
            Assert.All(batch.Entries, entry => Assert.Equal(new Deleted(new(2), "n"), entry.Message));
            Assert.All(parts, part => Assert.Contains(part, batch.Faults.Single(), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_guard_that_is_not_understood_never_turns_into_none()
    {
        var unknown = new Proto.Precondition();
        Refused("c3", new Proto.DeleteKey { Key = Utf8("a"), Precondition = unknown, Context = Context() },
            "DeleteKey: field precondition", "no guard");
        var both = new Proto.Precondition { IfVersion = 1, IfMatch = new() { Any = true } };
        Refused("c3", new Proto.DeleteKey { Key = Utf8("a"), Precondition = both, Context = Context() },
            "DeleteKey: field precondition", "together");
        var noAny = new Proto.Precondition { IfMatch = new() { Versions = { 1 } } };
        Refused("c3", new Proto.DeleteKey { Key = Utf8("a"), Precondition = noAny, Context = Context() },
            "DeleteKey: field Any", "missing");
    }

    [Fact]
    public void A_listing_that_would_read_too_much_is_refused()
    {
        Proto.ListPages Pages(params int[] shards)
        {
            var pages = new Proto.ListPages
            {
                Prefix = ByteString.Empty,
                KeysPerShard = 1,
                MaxBytes = 1,
                Values = false,
                Context = Context(),
            };
            pages.Shards.AddRange(shards.Select(shard => new Proto.ShardCursor { Shard = shard, After = ByteString.Empty }));
            return pages;
        }

        Assert.IsType<ListPages>(_serializer.FromBinary(Pages(0, 4_095).ToByteArray(), "l1"));
        Refused("l1", Pages(-1), "ListPages: field Shard", "-1");
        Refused("l1", Pages(4_096), "ListPages: field Shard", "4096");
        Refused("l1", Pages(7, 8, 7), "ListPages: field Shards", "7 twice");
        var unbounded = Pages(1);
        unbounded.KeysPerShard = -1;
        Refused("l1", unbounded, "ListPages: field KeysPerShard", "-1");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3_600_000_001)]
    [InlineData(long.MaxValue)]
    public void A_time_left_that_no_request_has_is_refused(long micros) => Refused(
        "c3", new Proto.DeleteKey { Key = Utf8("a"), Context = new() { RequestId = "r", TimeLeftUs = micros } },
        "DeleteKey: field TimeLeftUs", $"{micros}");

    [Fact]
    public void A_deadline_is_counted_down_from_its_arrival_by_the_receiver_s_own_clock()
    {
        // Two machines whose clocks have nothing in common.
        var elsewhere = new FakeTimeProvider(_time.GetUtcNow() + TimeSpan.FromDays(400));
        elsewhere.Advance(TimeSpan.FromHours(5));
        var receiver = new KvStoreSerializer((ExtendedActorSystem)_system, elsewhere);
        var sent = Delete(Deadline.After(TimeSpan.FromSeconds(10), _time));

        _time.Advance(TimeSpan.FromSeconds(4));
        var bytes = _serializer.ToBinary(sent);
        _time.Advance(TimeSpan.FromSeconds(100));
        var arrived = ((DeleteKey)receiver.FromBinary(bytes, "c3")).Context.Deadline;

        Assert.Equal(TimeSpan.FromSeconds(6), arrived.Left(elsewhere));
        elsewhere.Advance(TimeSpan.FromSeconds(6) - TimeSpan.FromTicks(1));
        Assert.False(arrived.IsPast(elsewhere));
        elsewhere.Advance(TimeSpan.FromTicks(1));
        Assert.True(arrived.IsPast(elsewhere));
    }

    [Fact]
    public void A_deadline_that_is_past_arrives_past()
    {
        var sent = Delete(Deadline.After(TimeSpan.FromSeconds(1), _time));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(OverTheWire(sent).Context.Deadline.IsPast(_time));
    }

    [Fact]
    public void A_deadline_is_cut_to_microseconds_and_never_grows()
    {
        var arrived = OverTheWire(Delete(Deadline.After(TimeSpan.FromTicks(19), _time))).Context.Deadline;
        Assert.Equal(TimeSpan.FromTicks(10), arrived.Left(_time));
    }

    [Fact]
    public void A_deadline_further_off_than_any_request_s_is_cut_to_an_hour() =>
        Assert.Equal(TimeSpan.FromHours(1), OverTheWire(Delete(Deadline.After(TimeSpan.MaxValue, _time))).Context.Deadline.Left(_time));

    private void Refused(string manifest, IMessage wire, string where, string what)
    {
        var fault = Assert.Throws<SerializationException>(() => _serializer.FromBinary(wire.ToByteArray(), manifest));
        Assert.StartsWith(where, fault.Message, StringComparison.Ordinal);
        Assert.Contains(what, fault.Message, StringComparison.Ordinal);
    }

    private DeleteKey OverTheWire(DeleteKey message) => (DeleteKey)_serializer.FromBinary(_serializer.ToBinary(message), "c3");

    private static DeleteKey Delete(Deadline deadline) => new(Key.Parse("a"), Precondition.None, new("r", deadline));

    private static Proto.Context Context() => new() { RequestId = "r", TimeLeftUs = 1_000 };

    private static ByteString Utf8(string text) => ByteString.CopyFromUtf8(text);
}
