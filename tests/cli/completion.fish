# completion.fish DIR: for each line on standard input, a program and what
# follows it, what fish offers at its end; a line "." closes each answer.
for file in $argv[1]/*.fish
    source $file
end
while read -l line
    complete -C "$line" | string replace -r '\t.*' ''
    echo .
end
