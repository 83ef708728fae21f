using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace KvStore.Http.Responses;

/// <summary>Writes a problem document. Headers that were set before stay.</summary>
internal static class ProblemWriter
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async ValueTask WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.ContentType = KvStoreHeaders.ProblemJson;
        foreach (var (name, value) in problem.Headers)
        {
            response.Headers[name] = value;
        }

        if (problem.Status is StatusCodes.Status429TooManyRequests or >= StatusCodes.Status500InternalServerError)
        {
            response.Headers[HeaderNames.CacheControl] = KvStoreHeaders.NoStore;
        }

        var document = Document(problem);
        response.ContentLength = document.Length;
        if (context.Request.Method != HttpMethods.Head)
        {
            await response.BodyWriter.WriteAsync(document, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static ReadOnlyMemory<byte> Document(Problem problem)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, Readable);
        json.WriteStartObject();
        json.WriteString("type", problem.Type);
        json.WriteString("title", problem.Title);
        json.WriteNumber("status", problem.Status);
        json.WriteString("detail", problem.Detail);
        WriteWhereKnown(json, "key", problem.Key?.Text);
        WriteWhereKnown(json, "expectedVersion", problem.ExpectedVersion?.Number);
        WriteWhereKnown(json, "currentVersion", problem.CurrentVersion?.Number);
        WriteWhereKnown(json, "node", problem.Node);
        WriteWhereKnown(json, "outcome", problem.Outcome);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteWhereKnown(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteWhereKnown(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
