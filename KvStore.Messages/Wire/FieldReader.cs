using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;
using System.Text;
using System.Text.Unicode;
using Google.Protobuf;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;

namespace KvStore.Messages.Wire;

/// <summary>
/// Checks the fields of one message as it is read. Whoever can reach the ports for other nodes can send any bytes, so nothing is
/// taken on trust, and every fault is a <see cref="SerializationException"/> that names the message and the field: Akka logs
/// and drops what fails so, while any other exception would cost the association to the peer. Of a batch only that entry is lost.
/// </summary>
/// <param name="message">The message's name, for faults.</param>
internal readonly struct FieldReader(string message, TimeProvider time)
{
    /// <summary>More time than any request has. A longer one is cut to this by the writer, and refused by the reader.</summary>
    public static readonly TimeSpan LongestTimeLeft = TimeSpan.FromHours(1);

    /// <summary>For what is read within this message.</summary>
    public TimeProvider Time => time;

    /// <summary>A field that its message cannot do without.</summary>
    public T Required<T>(bool present, T value, [CallerArgumentExpression(nameof(value))] string field = "") =>
        present ? value : throw Fault(field, "is missing");

    public T AtLeast<T>(T least, bool present, T value, [CallerArgumentExpression(nameof(value))] string field = "")
        where T : struct, INumber<T> =>
        Required(present, value, field) >= least ? value : throw Fault(field, $"is {value}, and is at least {least}");

    public int Shard(bool present, int value, [CallerArgumentExpression(nameof(value))] string field = "") =>
        AtLeast(0, present, value, field) < ShardMap.MaxShards
            ? value
            : throw Fault(field, $"is {value}, and there are at most {ShardMap.MaxShards} shards");

    public TEnum Number<TEnum>(bool present, int value, [CallerArgumentExpression(nameof(value))] string field = "")
        where TEnum : struct, Enum
    {
        var number = (TEnum)Enum.ToObject(typeof(TEnum), Required(present, value, field));
        return Enum.IsDefined(number) ? number : throw Fault(field, $"is {value}, which is no {typeof(TEnum).Name} that this node knows");
    }

    public KeyVersion Version(bool present, long value, [CallerArgumentExpression(nameof(value))] string field = "") =>
        Required(present, value, field) >= 0 ? new(value) : throw Fault(field, $"is {value}, and versions begin at 0");

    public Key Key(bool present, ByteString value, [CallerArgumentExpression(nameof(value))] string field = "") =>
        Keys.Key.TryCreate(Text(present, value, field), out var key, out var fault) ? key : throw Fault(field, $"is no key: {fault}");

    /// <summary>Text of well-formed UTF-8.</summary>
    public string Text(bool present, ByteString value, [CallerArgumentExpression(nameof(value))] string field = "")
    {
        var utf8 = Required(present, value, field).Span;
        return Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : throw Fault(field, "is not UTF-8");
    }

    /// <summary>A value, without a copy. The edge has parsed it; only its being there at all is checked here.</summary>
    public JsonText Value(bool present, ByteString value, [CallerArgumentExpression(nameof(value))] string field = "") =>
        Required(present, value, field).IsEmpty ? throw Fault(field, "is empty, and no JSON text is") : new(value.Memory);

    public JsonText? OptionalValue(bool present, ByteString value, [CallerArgumentExpression(nameof(value))] string field = "") =>
        present ? Value(present, value, field) : null;

    public Precondition Precondition(Proto.Precondition? wire)
    {
        if (wire is null)
        {
            return Keys.Precondition.None;
        }

        var ifMatch = Tags(wire.IfMatch);
        var ifNoneMatch = Tags(wire.IfNoneMatch);
        if (!wire.HasIfVersion)
        {
            // A guard that only a newer node knows looks like none: a write that somebody guarded would go ahead unguarded.
            return ifMatch is null && ifNoneMatch is null
                ? throw Fault("precondition", "holds no guard that this node knows")
                : Keys.Precondition.Tags(ifMatch, ifNoneMatch);
        }

        return ifMatch is null && ifNoneMatch is null
            ? Keys.Precondition.Version(Version(true, wire.IfVersion))
            : throw Fault("precondition", "holds ifVersion together with entity tags");
    }

    public RequestContext Context(Proto.Context? wire)
    {
        if (wire is null)
        {
            throw Fault("context", "is missing");
        }

        var micros = Required(wire.HasTimeLeftUs, wire.TimeLeftUs);
        if (micros < 0 || micros > LongestTimeLeft.Ticks / TimeSpan.TicksPerMicrosecond)
        {
            throw Fault(nameof(wire.TimeLeftUs), $"is {micros}, and lies between 0 and {LongestTimeLeft.TotalMicroseconds}");
        }

        return new(
            Required(wire.HasRequestId, wire.RequestId),
            Deadline.After(TimeSpan.FromMicroseconds(micros), time),
            wire.HasTraceParent ? wire.TraceParent : null,
            wire.HasTraceState ? wire.TraceState : null);
    }

    public SerializationException Fault(string field, string what) =>
        new($"{message}: field {field[(field.LastIndexOf('.') + 1)..]} {what}");

    private EntityTags? Tags(Proto.EntityTags? wire)
    {
        if (wire is null)
        {
            return null;
        }

        var versions = ImmutableArray.CreateBuilder<KeyVersion>(wire.Versions.Count);
        foreach (var version in wire.Versions)
        {
            versions.Add(Version(true, version));
        }

        return new(Required(wire.HasAny, wire.Any), versions.MoveToImmutable());
    }
}
