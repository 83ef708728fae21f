using System.Net;
using System.Text;
using System.Text.Json;

namespace KvStore.Specs.Original;

public abstract partial class OriginalCases
{
    private const int LargestValue = 1024 * 1024;

    [SkippableTheory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("0")]
    [InlineData("-0.0")]
    [InlineData("1.10")]
    [InlineData("1E+400")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("\"\"")]
    [InlineData("\"\\u0061\\/\\ud83d\\udd11\"")]
    [InlineData("\"\u00E9\U0001F511\"")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[1,[2,{\"a\":null}]]")]
    [InlineData("{\"b\":1,\"a\":2}")]
    [InlineData("{\"a\": 1}")]
    public async Task PUT_accepts_any_JSON_and_GET_gives_it_back_as_it_was(string json)
    {
        var key = Own("any");
        var before = await _client.GetAsync(key);

        Assert.Equal((key, json, 1), (await _client.PutAsync(key, json)).Entry);

        Assert.Equal(HttpStatusCode.NotFound, before.Status);
        foreach (var node in nodes)
        {
            var answer = await _client.GetAsync(key, node);
            Assert.Equal((key, json, 1), answer.Entry);
            Assert.Equal("\"1\"", answer.ETag);
        }
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":1}x")]
    [InlineData("[1,2")]
    [InlineData("nul")]
    [InlineData("'a'")]
    [InlineData("01")]
    [InlineData("NaN")]
    [InlineData("\"a")]
    [InlineData("// a\n1")]
    public async Task Malformed_JSON_is_400_and_changes_nothing(string malformed)
    {
        var key = Own("malformed");
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PutAsync(key, malformed)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PatchAsync(key, malformed)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync(key)).Status);

        await _client.PutAsync(key, "1");
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PutAsync(key, malformed)).Status);
        Assert.Equal((key, "1", 1), (await _client.GetAsync(key)).Entry);
    }

    [SkippableFact]
    public async Task GET_of_an_unknown_key_is_404()
    {
        foreach (var node in nodes)
        {
            Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync(Own("unknown"), node)).Status);
        }
    }

    [SkippableTheory]
    [InlineData("""{"a":1,"b":2}""", """{"b":3,"c":4}""", """{"a":1,"b":3,"c":4}""")]
    [InlineData("""{"a":{"x":1,"y":2}}""", """{"a":{"x":9}}""", """{"a":{"x":9}}""")]
    [InlineData("""{"a":1,"b":2}""", """{"a":null}""", """{"a":null,"b":2}""")]
    [InlineData("""{"a":1}""", """{}""", """{"a":1}""")]
    [InlineData("""{"a":1}""", """[1]""", """[1]""")]
    [InlineData("""{"a":1}""", """7""", """7""")]
    [InlineData("""[1,2]""", """{"a":1}""", """{"a":1}""")]
    [InlineData("""[1,2]""", """[3]""", """[3]""")]
    [InlineData("""null""", """{"a":null}""", """{"a":null}""")]
    [InlineData("\"text\"", """false""", """false""")]
    [InlineData(null, """{"a":null,"b":1}""", """{"a":null,"b":1}""")]
    [InlineData(null, """[1]""", """[1]""")]
    [InlineData(null, """0""", """0""")]
    public async Task PATCH_merges_the_top_level_of_objects_and_replaces_everything_else(string? stored, string delta, string merged)
    {
        var key = Own("patched");
        var version = stored is null ? 0 : (await _client.PutAsync(key, stored)).Version;

        var answer = (await _client.PatchAsync(key, delta)).Entry;

        Assert.Equal((key, version + 1), (answer.Key, answer.Version));
        Assert.True(SameJson(merged, answer.Value), answer.Value);
        Assert.Equal(answer, (await _client.GetAsync(key)).Entry);
    }

    [SkippableFact]
    public async Task PATCH_with_null_is_400_and_changes_nothing()
    {
        var key = Own("null-delta");
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PatchAsync(key, "null")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync(key)).Status);

        await _client.PutAsync(key, """{"a":1}""");
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PatchAsync(key, " null ")).Status);
        Assert.Equal((key, """{"a":1}""", 1), (await _client.GetAsync(key)).Entry);
    }

    [SkippableFact]
    public async Task PATCH_takes_guards_like_PUT()
    {
        var key = Own("guarded-patch");
        Assert.Equal(1, (await _client.PatchAsync(key, """{"a":1}""", ifVersion: 0)).Version);
        Assert.Equal(HttpStatusCode.Conflict, (await _client.PatchAsync(key, """{"a":2}""", ifVersion: 0)).Status);
        Assert.Equal(2, (await _client.PatchAsync(key, """{"b":2}""", ifVersion: 1)).Version);
    }

    [SkippableFact]
    public async Task Values_of_1_MiB_come_back_byte_for_byte_from_every_node()
    {
        var random = new Random(Seeds.Next(output));
        foreach (var writer in nodes)
        {
            // Four keys a node: with several nodes, some of them belong to another.
            for (var i = 0; i < 4; i++)
            {
                var key = Own($"large-{writer.Port}-{i}");
                var value = LargeValue(random);
                var written = await _client.PutAsync(key, value, node: writer);
                Assert.True(written.Status == HttpStatusCode.OK, $"{(int)written.Status}");
                foreach (var reader in nodes)
                {
                    var read = (await _client.GetAsync(key, reader)).Entry;
                    var same = string.Equals(value, read.Value, StringComparison.Ordinal);
                    Assert.True(same, $"{key} from {reader} is not what went to {writer}");
                }
            }
        }
    }

    private static bool SameJson(string left, string right)
    {
        using var one = JsonDocument.Parse(left);
        using var other = JsonDocument.Parse(right);
        return JsonElement.DeepEquals(one.RootElement, other.RootElement);
    }

    /// <summary>A JSON string of exactly the largest size in bytes, of characters of one to four bytes.</summary>
    private static string LargeValue(Random random)
    {
        string[] letters = ["a", "Z", " ", "\\n", "\\u0000", "\u00E9", "\u20AC", "\U0001F511"];
        var text = new StringBuilder("\"");
        var left = LargestValue - 2;
        while (left > 0)
        {
            var letter = letters[random.Next(letters.Length)];
            var length = Encoding.UTF8.GetByteCount(letter);
            text.Append(length <= left ? letter : "a");
            left -= length <= left ? length : 1;
        }

        var value = text.Append('"').ToString();
        Assert.Equal(LargestValue, Encoding.UTF8.GetByteCount(value));
        return value;
    }
}
