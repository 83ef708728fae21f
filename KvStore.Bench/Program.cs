using System.CommandLine;
using KvStore.Bench.CommandLine;

namespace KvStore.Bench;

/// <summary>KvStore side by side with others, and its inner parts: <c>dotnet run -c Release --project KvStore.Bench -- --help</c>.</summary>
internal static class Program
{
    private const string DefaultCommand = "compare";

    public static Task<int> Main(string[] args)
    {
        var root = new RootCommand("How fast KvStore is, beside others and beside itself.")
        {
            CompareCommand.Create(),
            MicroCommand.Create(),
            ListCommand.Create(),
            BareCommand.Create(),
        };

        // What begins with an option is for the command that most want; help is for all.
        var isImplied = args.Length == 0 || (args[0].StartsWith('-') && args[0] is not ("--help" or "-h" or "-?" or "--version"));
        return root.Parse(isImplied ? [DefaultCommand, .. args] : args).InvokeAsync();
    }
}
