using System.Collections.Immutable;
using Akka.Actor;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Wire;

namespace KvStore.Specs.Contracts;

/// <summary>
/// The wire format as it was released: nodes of an older version write and read exactly this. A row may be added; a row that
/// is changed breaks rolling upgrades.
/// </summary>
public sealed class WireContractFrozen : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("frozen", "akka { stdout-loglevel = OFF, loglevel = OFF }");
    private readonly KvStoreSerializer _serializer;

    public WireContractFrozen() => _serializer = new((ExtendedActorSystem)_system, WireContractMessages.Time);

    public static TheoryData<string, string, string> Released => new()
    {
        { "PutValue", "c1", "0A046B2FC3A91201311A020800220F0A017210E0A7121A02747022027473" },
        { "PatchValue", "c2", "0A046B2FC3A910001A0131220D120208011A070800120302AC022A0F0A017210E0A7121A02747022027473" },
        { "DeleteKey", "c3", "0A046B2FC3A91A070A017210E0A712" },
        { "GetValue", "q1", "0A046B2FC3A91801220F0A017210E0A7121A02747022027473" },
        { "Stored", "r1", "08011201311A016E" },
        { "Deleted", "r2", "080212016E" },
        { "Found", "r3", "0803120131180022016E" },
        { "NotModified", "r4", "080410011A016E" },
        { "Absent", "r5", "080012016E" },
        { "VersionConflict", "r6", "080510001A016E" },
        { "PreconditionFailed", "r7", "080610071A016E" },
        { "Unprocessable", "r8", "0A016410081A016E" },
        { "Busy", "r9", "0A016412016E" },
        { "Refused", "r10", "08051201661A016E" },
        { "OutcomeUnknown", "r11", "0A016612016E" },
        { "KeyBatch", "b1", "0A0D0805120272321A05080212016E0A020806" },
        { "ListPages", "l1", "0A0508011201610A0408021200120170180A20142801320F0A017210E0A7121A02747022027473" },
        { "PagesListed", "l2", "0A15080312080A016110011A013112050A01621002180112016E" },
        { "ListingFailed", "l3", "0A016412016E" },
        { "GetNodeStatus", "n1", "" },
        { "NodeStatus", "n2", "0A016E100118022001280330043A020506" },
        { "MoveMyShards", "n3", "" },
        { "ShardsLeft", "n4", "0807" },
        { "SeekLink", "n5", "" },
        { "LinkOffer", "n6", "08D61F121000112233445566778899AABBCCDDEEFF" },
    };

    public void Dispose() => _system.Dispose();

    [Theory]
    [MemberData(nameof(Released))]
    public void What_was_released_is_written_and_read_as_ever(string type, string manifest, string hex)
    {
        var sample = Samples.Single(message => message.GetType().Name == type);
        Assert.Equal(manifest, _serializer.Manifest(sample));
        Assert.Equal(hex, Convert.ToHexString(_serializer.ToBinary(sample)));

        var read = _serializer.FromBinary(Convert.FromHexString(hex), manifest);
        Assert.Equal(sample.GetType(), read.GetType());
        Assert.Equal(hex, Convert.ToHexString(_serializer.ToBinary(read)));
    }

    [Fact]
    public void Every_message_has_a_row_and_a_manifest_of_its_own()
    {
        Assert.Equal(WireContractMessages.Types.Select(type => type.Name).Order(), Released.Select(row => (string)row[0]).Order());
        Assert.Distinct(Released.Select(row => (string)row[1]));
    }

    [Fact]
    public void The_serializers_numbers_never_change()
    {
        Assert.Equal(19_286, _serializer.Identifier);
        Assert.Equal(1, new RefusingSerializer((ExtendedActorSystem)_system).Identifier);
    }

    [Fact]
    public void The_numbers_of_enums_on_the_wire_never_change()
    {
        Assert.Equal(["ShallowMerge=0"], Enum.GetValues<PatchKind>().Select(kind => $"{kind}={(int)kind}"));
        Assert.Equal(
            ["OwnershipMoving=0", "LeaseNotProven=1", "StoreUnavailable=2", "Expired=3", "Stopping=4", "NodeFull=5"],
            Enum.GetValues<RefusalReason>().Select(reason => $"{reason}={(int)reason}"));
    }

    private static ImmutableArray<IKvStoreMessage> Samples
    {
        get
        {
            var key = Key.Parse("k/\u00E9");
            var one = JsonText.Of("1");
            var context = new RequestContext("r", Deadline.After(TimeSpan.FromMilliseconds(300), WireContractMessages.Time), "tp", "ts");
            var tags = Precondition.Tags(EntityTags.Star, EntityTags.Of(new(2), new(300)));
            return
            [
                new PutValue(key, one, Precondition.Version(KeyVersion.None), context),
                new PatchValue(key, PatchKind.ShallowMerge, one, tags, context),
                new DeleteKey(key, Precondition.None, context with { TraceParent = null, TraceState = null }),
                new GetValue(key, Precondition.None, AllowStale: true, context),
                new Stored(new(1), one, "n"),
                new Deleted(new(2), "n"),
                new Found(new(3), one, Stale: false, "n"),
                new NotModified(new(4), Stale: true, "n"),
                new Absent(Stale: false, "n"),
                new VersionConflict(new(5), KeyVersion.None, "n"),
                new PreconditionFailed(new(6), new(7), "n"),
                new Unprocessable("d", new(8), "n"),
                new Busy("d", "n"),
                new Refused(RefusalReason.NodeFull, "f", "n"),
                new OutcomeUnknown("f", "n"),
                new KeyBatch([new(5, new Deleted(new(2), "n")), new(6, null)]),
                new ListPages([new(1, "a"), new(2, "")], "p", 10, 20, Values: true, context),
                new PagesListed([new(3, [new("a", new(1), one), new("b", new(2), null)], IsLast: true)], "n"),
                new ListingFailed("d", "n"),
                GetNodeStatus.Instance,
                new NodeStatus("n", 1, 2, LeaseValid: true, 3, 4, [5, 6]),
                MoveMyShards.Instance,
                new ShardsLeft(7),
                SeekLink.Instance,
                new LinkOffer(4054, Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")),
            ];
        }
    }
}
