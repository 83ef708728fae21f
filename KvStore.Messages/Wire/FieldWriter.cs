using System.Runtime.Serialization;
using System.Text;
using Google.Protobuf;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Messages.Wire;

/// <summary>Turns the parts that messages have in common into their wire form.</summary>
internal sealed class FieldWriter(TimeProvider time)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static ByteString Key(Key key) => ByteString.CopyFromUtf8(key.Text);

    /// <summary>Text that takes part in comparisons.</summary>
    /// <exception cref="SerializationException">Half of a surrogate pair: it has no UTF-8 form.</exception>
    public static ByteString Text(string text)
    {
        try
        {
            return UnsafeByteOperations.UnsafeWrap(StrictUtf8.GetBytes(text));
        }
        catch (EncoderFallbackException e)
        {
            throw new SerializationException($"A text of {text.Length} chars has no UTF-8 form: half of a surrogate pair at {e.Index}", e);
        }
    }

    /// <summary>Wraps the value's own bytes, which nobody changes: they are copied once, into the frame.</summary>
    public static ByteString Value(JsonText value) => UnsafeByteOperations.UnsafeWrap(value.Utf8);

    public static Proto.Precondition? Precondition(Precondition precondition)
    {
        if (precondition.IsNone)
        {
            return null;
        }

        var wire = new Proto.Precondition { IfMatch = Tags(precondition.IfMatch), IfNoneMatch = Tags(precondition.IfNoneMatch) };
        if (precondition.IfVersion is { } version)
        {
            wire.IfVersion = version.Number;
        }

        return wire;
    }

    public Proto.Context Context(RequestContext context)
    {
        // Cut to whole microseconds, never rounded up: a deadline may shrink on its way, not grow.
        var left = context.Deadline.Left(time);
        var bounded = left < FieldReader.LongestTimeLeft ? left : FieldReader.LongestTimeLeft;
        var wire = new Proto.Context { RequestId = context.RequestId, TimeLeftUs = bounded.Ticks / TimeSpan.TicksPerMicrosecond };
        if (context.TraceParent is not null)
        {
            wire.TraceParent = context.TraceParent;
        }

        if (context.TraceState is not null)
        {
            wire.TraceState = context.TraceState;
        }

        return wire;
    }

    private static Proto.EntityTags? Tags(EntityTags? tags)
    {
        if (tags is null)
        {
            return null;
        }

        var wire = new Proto.EntityTags { Any = tags.Any };
        foreach (var version in tags.Versions)
        {
            wire.Versions.Add(version.Number);
        }

        return wire;
    }
}
