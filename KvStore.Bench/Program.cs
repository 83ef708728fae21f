using System.CommandLine;
using KvStore.Bench.CommandLine;

namespace KvStore.Bench;

/// <summary>KvStore side by side with others, and its inner parts: <c>dotnet run -c Release --project KvStore.Bench -- --help</c>.</summary>
internal static class Program
{
    private const string DefaultCommand = "compare";

    private const string About = """
        How fast KvStore is, beside others and beside itself. Some examples, behind "dotnet run -c Release --project KvStore.Bench --":

          (nothing)                                    every scenario with every peer that is installed; takes hours
          --goals                                      what the goals need, and which are reached
          --scenario get-hot put-new --peer bare sqlite
          --scenario put-existing --against DLL        this build beside another KvStore.Node.dll, A B A B
          micro --filter '*Wire*'                      inner parts alone

        "list" names scenarios and peers, "compare --help" all options. KvStore.Bench/README.md says what the figures mean.
        """;

    public static Task<int> Main(string[] args)
    {
        var root = new RootCommand(About)
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
