"""python -m transfer_opt"""

from transfer_opt.cli.main import main

main()
