using System.Globalization;

namespace KvStore.Specs.Robustness.History;

/// <summary>One line for a person, such as <c>12.034500–12.036000 s  client 3 → node-1  PUT {"w":"17"} ifVersion=4: 200 version 5 (owner node-2)</c>.</summary>
internal static class OperationText
{
    public static string Of(Operation operation)
    {
        var guard = Condition("ifVersion", operation.IfVersion) + Condition("If-Match", operation.IfMatch) + Condition("If-None-Match", operation.IfNoneMatch);
        var key = operation.Kind == OperationKind.List ? $" '{operation.Key}'" : "";
        var sent = operation.Sent is null ? "" : $" {operation.Sent}";
        return $"{Seconds(operation.Start)}–{Seconds(operation.End)} s  client {operation.Client} → {operation.Asked}  "
            + $"{operation.Kind.ToString().ToUpperInvariant()}{key}{sent}{guard}: {Result(operation)}";
    }

    public static string Seconds(long micros) => (micros / 1e6).ToString("0.000000", CultureInfo.InvariantCulture);

    private static string Result(Operation operation)
    {
        var status = operation.Status == 0 ? "" : $" ({operation.Status})";
        var version = operation.Version is { } number ? $" version {number}" : "";
        var value = operation.Value is null || operation.Value == operation.Sent ? "" : $" {operation.Value}";
        var lines = operation.Lines.IsDefaultOrEmpty ? "" : $" {operation.Lines.Length} lines";
        var owner = operation.Owner is null ? "" : $", owner {operation.Owner}";
        var failed = operation.FailedNode is null ? "" : $", failed {operation.FailedNode}";
        var note = operation.Note is null ? "" : $" [{operation.Note}]";
        return $"{operation.Outcome}{status}{version}{value}{lines}{owner}{failed}{note}";
    }

    private static string Condition(string name, long? version) => version switch
    {
        null => "",
        Operation.AnyVersion => $" {name}=*",
        _ => $" {name}={version}",
    };
}
