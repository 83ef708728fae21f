using System.Runtime.InteropServices;
using System.Text;
using KvStore.Http.Requests;

namespace KvStore.Specs.Http.Requests;

public sealed class JsonCheckerSpecs
{
    private const int MaxDepth = 128;

    [Theory]
    [InlineData("null")]
    [InlineData("1.10e+005")]
    [InlineData("\"\\u00e9 \\/ é 😀 \\ud800\"")]
    [InlineData("{\"b\":1,\"a\":2,\"b\":3}")]
    [InlineData("[ 1 , 2 ]")]
    [InlineData("123456789012345678901234567890.123456789012345678901234567890")]
    public void A_json_text_is_taken_as_it_is(string json) => Assert.Equal(json, Check(Encoding.UTF8.GetBytes(json)).Text);

    [Fact]
    public void White_space_around_a_text_is_left_out_and_let_go_of()
    {
        var body = Encoding.UTF8.GetBytes(" \r\n\t{ \"a\" : 1 }\n\n");
        Assert.True(JsonChecker.TryCheck(body, MaxDepth, out var text, out _));
        Assert.Equal("{ \"a\" : 1 }", text.ToString());
        Assert.True(MemoryMarshal.TryGetArray(text.Utf8, out var memory));
        Assert.Equal(text.Length, memory.Array!.Length);
    }

    [Fact]
    public void A_text_without_white_space_around_is_not_copied()
    {
        var body = "{}"u8.ToArray();
        Assert.True(JsonChecker.TryCheck(body, MaxDepth, out var text, out _));
        Assert.True(MemoryMarshal.TryGetArray(text.Utf8, out var memory));
        Assert.Same(body, memory.Array);
    }

    [Theory]
    [InlineData("{\"a\":1,}", 1, 8)]
    [InlineData("{\n  \"a\": x\n}", 2, 8)]
    [InlineData("[1] x", 1, 5)]
    [InlineData("[1][2]", 1, 4)]
    [InlineData("\n\n// no\n1", 3, 1)]
    [InlineData("{'a':1}", 1, 2)]
    [InlineData("[\"é😀\", x]", 1, 8)]
    [InlineData("01", 1, 2)]
    public void A_fault_names_its_line_and_column(string json, int line, int column) =>
        Assert.StartsWith($"line {line}, column {column}: ", Check(Encoding.UTF8.GetBytes(json)).Fault, StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("\"abc")]
    [InlineData("[1")]
    [InlineData("-")]
    [InlineData("NaN")]
    [InlineData("\"a\tb\"")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\ud8\"")]
    public void Half_a_text_is_none(string json) =>
        Assert.StartsWith("line 1, ", Check(Encoding.UTF8.GetBytes(json)).Fault, StringComparison.Ordinal);

    [Fact]
    public void Invalid_utf8_is_refused_even_inside_a_string() =>
        Assert.StartsWith("line 2, column 3: not valid UTF-8", Check([.. "[\n\"a"u8, 0xFF, .. "\"]"u8]).Fault, StringComparison.Ordinal);

    [Fact]
    public void A_byte_order_mark_is_refused() =>
        Assert.Contains("byte order mark", Check([0xEF, 0xBB, 0xBF, (byte)'1']).Fault, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\t ")]
    public void An_empty_body_is_refused(string body) =>
        Assert.Contains("empty", Check(Encoding.UTF8.GetBytes(body)).Fault, StringComparison.Ordinal);

    [Fact]
    public void Nesting_ends_at_the_limit()
    {
        Assert.Null(Check(Nested(MaxDepth)).Fault);
        Assert.Contains("depth of 128", Check(Nested(MaxDepth + 1)).Fault, StringComparison.Ordinal);
        Assert.NotNull(Check(Enumerable.Repeat((byte)'[', 1024 * 1024).ToArray()).Fault);
    }

    private static byte[] Nested(int depth) =>
        [.. Enumerable.Repeat((byte)'[', depth), .. Enumerable.Repeat((byte)']', depth)];

    private static (string Text, string? Fault) Check(byte[] body)
    {
        var read = JsonChecker.TryCheck(body, MaxDepth, out var text, out var fault);
        Assert.Equal(read, fault is null);
        return (text.ToString(), fault);
    }
}
