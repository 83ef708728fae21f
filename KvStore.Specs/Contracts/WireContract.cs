using System.Runtime.Serialization;
using Akka.Actor;
using CsCheck;
using Google.Protobuf;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Wire;

namespace KvStore.Specs.Contracts;

/// <summary>What holds for every message of the protocol, found by reflection: one without codec or generator fails here.</summary>
public sealed class WireContract : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("wire", "akka { stdout-loglevel = OFF, loglevel = OFF }");
    private readonly KvStoreSerializer _serializer;

    public WireContract() => _serializer = new((ExtendedActorSystem)_system, WireContractMessages.Time);

    public static TheoryData<Type> Types => [.. WireContractMessages.Types];

    public void Dispose() => _system.Dispose();

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_message_is_the_same_after_its_way_over_the_wire(Type type) => WireContractMessages.Of(type).Sample(message =>
    {
        var bytes = _serializer.ToBinary(message);
        var copy = _serializer.FromBinary(bytes, _serializer.Manifest(message));

        Assert.IsType(type, copy);
        Assert.Equal(WireContractMessages.Shape(message), WireContractMessages.Shape(copy));
        Assert.Equal(bytes, _serializer.ToBinary(copy));
    }, iter: 500);

    [Theory]
    [MemberData(nameof(Types))]
    public void What_a_newer_node_added_is_skipped(Type type) => WireContractMessages.Of(type).Sample(message =>
    {
        // Field 1,000, once as a number and once as bytes.
        byte[] newer = [.. _serializer.ToBinary(message), 0xC0, 0x3E, 0x2A, 0xC2, 0x3E, 0x03, 1, 2, 3];
        var copy = _serializer.FromBinary(newer, _serializer.Manifest(message));
        Assert.Equal(WireContractMessages.Shape(message), WireContractMessages.Shape(copy));
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void Bytes_of_any_kind_give_a_message_or_a_SerializationException(Type type)
    {
        var manifest = ManifestOf(type);
        var bytes = Gen.OneOf(Gen.Byte.Array[0, 300], Damaged(WireContractMessages.Of(type)));
        bytes.Sample(damaged => ReadsOrRefuses(damaged, manifest), iter: 5_000);
    }

    [Fact]
    public void A_message_under_the_manifest_of_another_gives_a_message_or_a_SerializationException()
    {
        var any = Gen.OneOf([.. WireContractMessages.Types.Select(WireContractMessages.Of)]);
        var manifests = Gen.OneOf([.. WireContractMessages.Types.Select(ManifestOf)]);
        Gen.Select(any, manifests).Sample((message, manifest) => ReadsOrRefuses(_serializer.ToBinary(message), manifest), iter: 5_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("c99")]
    [InlineData("C1")]
    [InlineData("System.Diagnostics.Process, System.Diagnostics.Process")]
    public void A_manifest_that_nobody_knows_is_refused_by_name(string manifest)
    {
        var fault = Assert.Throws<SerializationException>(() => _serializer.FromBinary([], manifest));
        Assert.Contains("manifest", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_or_broken_manifest_does_not_fill_the_log()
    {
        var fault = Assert.Throws<SerializationException>(() => _serializer.FromBinary([], new string('\n', 100_000)));
        Assert.InRange(fault.Message.Length, 1, 200);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void A_type_without_codec_is_refused_on_its_way_out()
    {
        var fault = Assert.Throws<SerializationException>(() => _serializer.Manifest(new Unknown()));
        Assert.Contains(nameof(Unknown), fault.Message, StringComparison.Ordinal);
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(new Unknown()));
    }

    [Fact]
    public void Text_without_a_UTF_8_form_is_refused_on_its_way_out()
    {
        var page = new ShardPage(0, [new("\uD800", new(1), null)], IsLast: true);
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(new PagesListed([page], "n")));
    }

    [Fact]
    public void Text_that_only_informs_arrives_as_well_as_it_can() =>
        Assert.Equal(new Busy("a\uFFFD", "n"), _serializer.FromBinary(_serializer.ToBinary(new Busy("a\uD800", "n")), "r9"));

    [Fact]
    public void A_value_is_not_copied_when_its_message_is_built()
    {
        var value = JsonText.Of("[1]");
        Assert.True(FieldWriter.Value(value).Span.Overlaps(value.Utf8.Span));
        var wire = ByteString.CopyFromUtf8("[1]");
        Assert.True(new FieldReader("message", WireContractMessages.Time).Value(true, wire).Utf8.Span.Overlaps(wire.Span));
    }

    private void ReadsOrRefuses(byte[] bytes, string manifest)
    {
        try
        {
            var message = _serializer.FromBinary(bytes, manifest);
            Assert.IsAssignableFrom<IKvStoreMessage>(message);

            // What was read can be used: sent on, and logged.
            _serializer.ToBinary(message);
            _ = WireContractMessages.Shape(message);
        }
        catch (SerializationException fault)
        {
            Assert.NotEmpty(fault.Message);
        }
    }

    /// <summary>Valid bytes cut off, with bits flipped, or with a byte put in.</summary>
    private Gen<byte[]> Damaged(Gen<IKvStoreMessage> messages)
    {
        var valid = messages.Select(message => _serializer.ToBinary(message));
        return Gen.Select(valid, Gen.Int[0, 2], Gen.UInt.Array[1, 4]).Select((bytes, how, random) =>
        {
            var at = (int)(random[0] % (uint)(bytes.Length + 1));
            return how switch
            {
                0 => bytes[..at],
                1 => random.Aggregate(bytes, FlipBit),
                _ => [.. bytes[..at], (byte)(random[0] >> 24), .. bytes[at..]],
            };
        });
    }

    private static byte[] FlipBit(byte[] bytes, uint where)
    {
        if (bytes.Length > 0)
        {
            bytes[(where >> 3) % (uint)bytes.Length] ^= (byte)(1 << (int)(where & 7));
        }

        return bytes;
    }

    private string ManifestOf(Type type) => _serializer.Manifest(WireContractMessages.Of(type).Single());

    private sealed record Unknown : IKvStoreMessage;
}
