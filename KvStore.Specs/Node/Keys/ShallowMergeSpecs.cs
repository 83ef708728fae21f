using System.Text.Json.Nodes;
using CsCheck;
using KvStore.Messages.Keys;
using KvStore.Node.Keys;

namespace KvStore.Specs.Node.Keys;

public sealed class ShallowMergeSpecs
{
    [Theory]
    [InlineData("""{"a":1,"b":2}""", """{"b":3}""", """{"a":1,"b":3}""")]
    [InlineData("""{"a":1}""", """{"a":null}""", """{"a":null}""")]
    [InlineData("""{"a":{"x":1,"y":2}}""", """{"a":{"x":3}}""", """{"a":{"x":3}}""")]
    [InlineData("""{"a":1}""", """[1]""", """[1]""")]
    [InlineData("""[1]""", """{"a":1}""", """{"a":1}""")]
    [InlineData("""{"a":1}""", """{}""", """{"a":1}""")]
    public void The_top_level_is_merged_and_anything_else_replaced(string target, string delta, string merged) =>
        Assert.Equal(merged, Merge(target, delta));

    [Fact]
    public void An_absent_value_takes_the_delta_as_it_was_sent() =>
        Assert.Equal("""{ "a" : 1, "a" : 2 }""", ShallowMerge.Apply(null, JsonText.Of("""{ "a" : 1, "a" : 2 }""")).ToString());

    [Fact]
    public void Members_that_are_not_touched_keep_their_bytes_and_their_place() =>
        Assert.Equal(
            """{"n":1.0e+2,"\u00e9":"\u0041","z":9,"new":[ 1 ]}""",
            Merge("""{ "n" : 1.0e+2, "\u00e9":"\u0041" , "z":0}""", """{"z":9, "new": [ 1 ]}"""));

    [Theory]
    [InlineData("""{"a":1,"a":2}""", """{"b":0}""", """{"a":2,"b":0}""")]
    [InlineData("""{"a":0}""", """{"a":1,"a":2}""", """{"a":2}""")]
    [InlineData("""{"é":1}""", """{"\u00e9":2}""", """{"\u00e9":2}""")]
    [InlineData("""{"\"\\\/\b\f\n\r\t":1}""", """{"\u0022\u005c/\u0008\u000c\u000a\u000d\u0009":2}""", """{"\u0022\u005c/\u0008\u000c\u000a\u000d\u0009":2}""")]
    public void Names_are_compared_as_text_and_of_two_the_last_counts(string target, string delta, string merged) =>
        Assert.Equal(merged, Merge(target, delta));

    [Fact]
    public void A_name_with_half_of_a_surrogate_pair_is_a_name_like_any_other() =>
        Assert.Equal("""{"\ud800":2,"\udc00":1}""", Merge("""{"\ud800":1,"\udc00":1}""", """{"\ud800":2}"""));

    [Fact]
    public void Merging_agrees_with_a_merge_of_trees() =>
        Gen.Select(Members, Members).Sample((target, delta) =>
        {
            var expected = JsonNode.Parse(target)!.AsObject();
            foreach (var (name, value) in JsonNode.Parse(delta)!.AsObject())
            {
                expected[name] = value?.DeepClone();
            }

            Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(Merge(target, delta))));
        });

    private static readonly Gen<string> Members =
        Gen.Select(
            Gen.OneOf("a", "b", "é", "🜁", "x\\\"y", "", "\\u0061"),
            Gen.OneOf("1", "null", "\"v\"", "{\"a\":[{}]}", " [ ] ")).Array[0, 4]
            .Where(members => members.Select(member => member.Item1 == "\\u0061" ? "a" : member.Item1).Distinct().Count() == members.Length)
            .Select(members => "{" + string.Join(" , ", members.Select(member => $"\"{member.Item1}\":{member.Item2}")) + "}");

    private static string Merge(string target, string delta) => ShallowMerge.Apply(JsonText.Of(target), JsonText.Of(delta)).ToString();
}
