using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using CsCheck;
using KvStore.Http.Responses;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Specs.Http.Responses;

public sealed class NdjsonWriterSpecs
{
    [Fact]
    public async Task A_line_has_key_and_node_and_an_end() =>
        Assert.Equal(
            "{\"key\":\"a/é😀\",\"node\":\"n1\"}\n{\"key\":\"\\\"\\\\\",\"node\":null}\n",
            await WriteAsync(false, (0, Entry("a/é😀", null)), (1, Entry("\"\\", null))));

    [Fact]
    public async Task A_line_with_values_has_the_bytes_as_they_are_stored() =>
        Assert.Equal(
            "{\"key\":\"a\",\"node\":\"n1\",\"value\":{ \"x\" : 1.0 },\"version\":7}\n",
            await WriteAsync(true, (0, Entry("a", "{ \"x\" : 1.0 }"))));

    [Theory]
    [InlineData(3)]
    [InlineData(50_000)]
    public async Task A_value_that_was_sent_over_several_lines_is_one_here(int numbers)
    {
        var sent = $"[ {string.Join(",\r\n\t", Enumerable.Range(0, numbers))}\n]";
        var lines = (await WriteAsync(true, (0, Entry("a", sent)), (0, Entry("b", "2")))).Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal($"{{\"key\":\"a\",\"node\":\"n1\",\"value\":{sent.Replace('\r', ' ').Replace('\n', ' ')},\"version\":7}}", lines[0]);
        Assert.Equal("{\"key\":\"b\",\"node\":\"n1\",\"value\":2,\"version\":7}", lines[1]);
    }

    [Theory]
    [InlineData(65_000)]
    [InlineData(66_000)]
    [InlineData(3_000_000)]
    public async Task A_value_of_any_size_finds_its_line(int length)
    {
        var large = $"\"{new string('x', length)}\"";
        var text = await WriteAsync(true, (0, Entry("a", "1")), (0, Entry("b", large)), (1, Entry("c", "2")));
        Assert.Equal(
            $"{{\"key\":\"a\",\"node\":\"n1\",\"value\":1,\"version\":7}}\n{{\"key\":\"b\",\"node\":\"n1\",\"value\":{large},\"version\":7}}\n"
            + "{\"key\":\"c\",\"node\":null,\"value\":2,\"version\":7}\n",
            text);
    }

    [Fact]
    public void Any_key_comes_back_from_its_json_string() =>
        Gen.String[0, 200].Where(text => !text.Any(char.IsSurrogate)).Sample(text =>
        {
            var buffer = new byte[text.Length * JsonKeys.MaxBytesPerChar];
            var length = JsonKeys.Write(text, buffer);
            return JsonSerializer.Deserialize<string>($"\"{Encoding.UTF8.GetString(buffer, 0, length)}\"") == text;
        });

    private static ListedKey Entry(string key, string? value) => new(key, new KeyVersion(7), value is null ? null : JsonText.Of(value));

    private static async Task<string> WriteAsync(bool values, params (int Shard, ListedKey Entry)[] entries)
    {
        using var stream = new MemoryStream();
        var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        using (var writer = new NdjsonWriter(pipe, values, ["n1", null]))
        {
            foreach (var (shard, entry) in entries)
            {
                if (!writer.TryAppend(shard, entry))
                {
                    await writer.WriteAsync(shard, entry, CancellationToken.None);
                }
            }

            await writer.FlushAsync(CancellationToken.None);
        }

        await pipe.CompleteAsync();
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
