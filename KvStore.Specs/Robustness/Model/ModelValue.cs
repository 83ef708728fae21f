using System.Text.Json;

namespace KvStore.Specs.Robustness.Model;

/// <summary>
/// A value as the traffic writes them: an object with plain member names and without white space, or any other JSON text.
/// Its own account of the shallow merge, so that a fault of the nodes' is not a fault of the model's too.
/// </summary>
internal static class ModelValue
{
    private const string NotAnObject = "(no object)";

    /// <summary>No traffic writes this.</summary>
    private const string Unseen = "\"(unseen)\"";

    /// <param name="target">Null: the key is absent.</param>
    public static string Merge(string? target, string delta)
    {
        if (target is null || Members(target) is not { } before || Members(delta) is not { } changes)
        {
            return delta;
        }

        var merged = before.Select(member => (member.Name, Value: changes.LastOrDefault(change => change.Name == member.Name).Value ?? member.Value));
        var added = changes.Where(change => before.All(member => member.Name != change.Name));
        return $"{{{string.Join(',', merged.Concat(added).Select(member => $"\"{member.Name}\":{member.Value}"))}}}";
    }

    /// <summary>What can be told apart of a value after merges: its members, or the whole of what is no object.</summary>
    public static IEnumerable<string> Parts(string value) =>
        Members(value) is { } members ? members.Select(member => $"{member.Name}:{member.Value}") : [value];

    /// <summary>The value with all parts that were not seen replaced by one and the same.</summary>
    public static string WithoutUnseen(string value, Func<string, bool> wasSeen) => Members(value) is { } members
        ? $"{{{string.Join(',', members.Select(member => $"\"{member.Name}\":{(wasSeen($"{member.Name}:{member.Value}") ? member.Value : Unseen)}"))}}}"
        : wasSeen(value) ? value : Unseen;

    /// <summary>What two values have in common that differ in their members' values only.</summary>
    public static string ShapeOf(string value) =>
        Members(value) is { } members ? string.Join(',', members.Select(member => member.Name)) : NotAnObject;

    /// <summary>Null where the value is no object.</summary>
    private static List<(string Name, string Value)>? Members(string value)
    {
        if (!value.StartsWith('{'))
        {
            return null;
        }

        using var document = JsonDocument.Parse(value);
        return [.. document.RootElement.EnumerateObject().Select(member => (member.Name, member.Value.GetRawText()))];
    }
}
