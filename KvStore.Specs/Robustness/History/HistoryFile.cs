using System.Text.Json;
using System.Text.Json.Serialization;

namespace KvStore.Specs.Robustness.History;

/// <summary>
/// A history on disk, one JSON object a line: operations (<c>kind</c>) in the order in which they ended, then events
/// (<c>what</c>), then the span of the traffic. Written and read line by line.
/// </summary>
internal static class HistoryFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(), new ListedKeyConverter() },
    };

    public static void Save(RunHistory history, string path)
    {
        using var file = new StreamWriter(path);
        foreach (var operation in history.Operations)
        {
            file.WriteLine(JsonSerializer.Serialize(operation, Options));
        }

        foreach (var what in history.Events)
        {
            file.WriteLine(JsonSerializer.Serialize(what, Options));
        }

        if (history.Traffic is { } traffic)
        {
            file.WriteLine(JsonSerializer.Serialize(new { traffic }, Options));
        }
    }

    /// <exception cref="JsonException">A line is none of a history.</exception>
    public static RunHistory Load(string path)
    {
        var history = new RunHistory();
        foreach (var line in File.ReadLines(path))
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.TryGetProperty("kind", out _))
            {
                history.Add(root.Deserialize<Operation>(Options)!);
            }
            else if (root.TryGetProperty("traffic", out var traffic))
            {
                history.Traffic = traffic.Deserialize<TrafficSpan>(Options);
            }
            else
            {
                history.Add(root.Deserialize<RunEvent>(Options)!);
            }
        }

        return history;
    }

    /// <summary>As an array: a listing has thousands of them.</summary>
    private sealed class ListedKeyConverter : JsonConverter<ListedKey>
    {
        public override ListedKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            var line = document.RootElement;
            return new ListedKey(
                line[0].GetString()!,
                line[1].GetString(),
                line[2].GetString(),
                line[3].ValueKind == JsonValueKind.Null ? null : line[3].GetInt64());
        }

        public override void Write(Utf8JsonWriter writer, ListedKey value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(value.Key);
            writer.WriteStringValue(value.Node);
            writer.WriteStringValue(value.Value);
            if (value.Version is { } version)
            {
                writer.WriteNumberValue(version);
            }
            else
            {
                writer.WriteNullValue();
            }

            writer.WriteEndArray();
        }
    }
}
