using System.Buffers;
using System.Buffers.Text;
using KvStore.Messages.Keys;
using Microsoft.AspNetCore.Http;

namespace KvStore.Http.Responses;

/// <summary>Writes <c>{"key":…,"value":…,"version":…}</c>, the value's bytes as they were sent.</summary>
internal static class Envelope
{
    private const int MaxHeadBytes = 32 + (Limits.MaxKeyBytes * JsonKeys.MaxBytesPerChar);
    private const int MaxTailBytes = 32 + MaxDigits;
    private const int MaxDigits = 20;

    private static ReadOnlySpan<byte> BeforeKey => "{\"key\":\""u8;

    private static ReadOnlySpan<byte> BeforeValue => "\",\"value\":"u8;

    private static ReadOnlySpan<byte> BeforeVersion => ",\"version\":"u8;

    /// <summary>Sets the length, and writes the body unless only the headers are wanted. The caller has set all other headers.</summary>
    public static async ValueTask WriteAsync(HttpContext context, Key key, JsonText value, KeyVersion version)
    {
        var frame = ArrayPool<byte>.Shared.Rent(MaxHeadBytes + MaxTailBytes);
        try
        {
            var head = WriteHead(key, frame);
            var tail = WriteTail(version, frame.AsSpan(head));
            context.Response.ContentLength = head + value.Length + tail;
            if (context.Request.Method == HttpMethods.Head)
            {
                return;
            }

            // Before the start Kestrel collects what is written in buffers of its own, and copies it once more.
            await context.Response.StartAsync(context.RequestAborted).ConfigureAwait(false);
            var body = context.Response.BodyWriter;
            body.Write(frame.AsSpan(0, head));
            body.Write(value.Utf8.Span);
            body.Write(frame.AsSpan(head, tail));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    private static int WriteHead(Key key, Span<byte> target)
    {
        BeforeKey.CopyTo(target);
        var length = BeforeKey.Length;
        length += JsonKeys.Write(key.Text, target[length..]);
        BeforeValue.CopyTo(target[length..]);
        return length + BeforeValue.Length;
    }

    private static int WriteTail(KeyVersion version, Span<byte> target)
    {
        BeforeVersion.CopyTo(target);
        Utf8Formatter.TryFormat(version.Number, target[BeforeVersion.Length..], out var digits);
        target[BeforeVersion.Length + digits] = (byte)'}';
        return BeforeVersion.Length + digits + 1;
    }
}
