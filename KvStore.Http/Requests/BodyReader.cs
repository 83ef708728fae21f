using System.Buffers;
using KvStore.Http.Responses;
using KvStore.Messages.Keys;
using Microsoft.AspNetCore.Http;

namespace KvStore.Http.Requests;

/// <summary>Reads a body as one JSON text.</summary>
internal static class BodyReader
{
    /// <summary>
    /// The bytes stay in the connection's pipe until the last one is there, so a caller that announces a megabyte and sends
    /// nothing costs nothing; then they are copied once, into the memory that the value will live in.
    /// </summary>
    /// <exception cref="BadHttpRequestException">The body is not what HTTP allows, or comes too slowly.</exception>
    public static async ValueTask<Parsed<JsonText>> ReadAsync(HttpRequest request, EdgeOptions options, CancellationToken aborted)
    {
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(aborted).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (buffer.Length > options.MaxValueBytes)
            {
                reader.AdvanceTo(buffer.End);
                return Problems.TooLarge(options.MaxValueBytes);
            }

            if (read.IsCompleted)
            {
                var body = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return JsonChecker.TryCheck(body, options.MaxJsonDepth, out var text, out var fault) ? text : Problems.BadJson(fault);
            }

            if (read.IsCanceled)
            {
                throw new OperationCanceledException("The reading of the body was cancelled.");
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
